import { expect } from 'chai';
import { waitsAfterKill } from './after-kill.ts';

const KILLED_AT = 1_000;
const accepted = (id: string, acceptedAt = 900) => ({ id, acceptedAt });
const call = (id: string, at: number) => ({ id, at });

describe('after a kill', () => {
  it('a call that was cut off counts to its repetition', () => {
    const waits = waitsAfterKill(KILLED_AT, [accepted('a')], [call('a', 950), call('a', 12_950)]);
    expect(waits).to.deep.equal({ cutOff: [11_950], waiting: [] });
  });

  it('a request of the dead worker that comes after its death is not its repetition', () => {
    const waits = waitsAfterKill(KILLED_AT, [accepted('a')], [call('a', 1_001), call('a', 12_950)]);
    expect(waits).to.deep.equal({ cutOff: [11_950], waiting: [] });
  });

  it('one that had not been called counts to its only call', () => {
    const waits = waitsAfterKill(KILLED_AT, [accepted('a')], [call('a', 7_000)]);
    expect(waits).to.deep.equal({ cutOff: [], waiting: [6_000] });
  });

  it('what was sent before, or accepted after, does not count', () => {
    const calls = [call('before', 950), call('after', 7_000)];
    expect(waitsAfterKill(KILLED_AT, [accepted('before'), accepted('after', 1_001)], calls)).to.deep.equal({
      cutOff: [],
      waiting: [],
    });
  });

  it('one that was never sent is no wait, it is lost', () => {
    expect(() => waitsAfterKill(KILLED_AT, [accepted('a')], [])).to.throw('a was never sent');
  });
});
