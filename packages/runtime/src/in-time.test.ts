import { expect } from 'chai';
import { inTime } from './in-time.ts';

const late = () => new Error('late');
const never = new Promise<never>(() => {});

describe('inTime', () => {
  it('gives what comes in time, good or bad', async () => {
    expect(await inTime(60_000, Promise.resolve('here'), late)).to.equal('here');
    const refusal = await inTime(60_000, Promise.reject(new Error('refused')), late).catch(String);
    expect(refusal).to.equal('Error: refused');
  });

  it('says that nothing came', async () => {
    expect(await inTime(1, never, late).catch(String)).to.equal('Error: late');
  });
});
