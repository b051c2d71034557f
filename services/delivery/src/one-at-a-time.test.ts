import { expect } from 'chai';
import { createOneAtATime } from './one-at-a-time.ts';

describe('oneAtATime', () => {
  it('runs what has one key in order and never together, and other keys beside it', async () => {
    const oneAtATime = createOneAtATime();
    const log: string[] = [];
    const run = (key: string, name: string) =>
      oneAtATime(key, async () => {
        log.push(`${name} begins`);
        await new Promise(setImmediate);
        log.push(`${name} ends`);
      });
    await Promise.all([run('a', 'a1'), run('a', 'a2'), run('b', 'b1')]);
    expect(log.filter((line) => line.startsWith('a'))).to.deep.equal([
      'a1 begins',
      'a1 ends',
      'a2 begins',
      'a2 ends',
    ]);
    expect(log.indexOf('b1 begins')).to.be.lessThan(log.indexOf('a1 ends'));
  });

  it('goes on after a run that failed, and tells only its own caller', async () => {
    const oneAtATime = createOneAtATime();
    const failing = oneAtATime('a', () => Promise.reject(new Error('broken')));
    const after = oneAtATime('a', () => Promise.resolve());
    const error = await failing.catch((thrown: unknown) => thrown);
    expect(error).to.be.an('error').with.property('message', 'broken');
    await after;
  });
});
