import { expect } from 'chai';
import { createTally } from './tally.ts';

describe('tally', () => {
  it('counts answers, accepted keys and duplicates', () => {
    const tally = createTally(10);
    tally.count('a', 'failed', 1_000);
    tally.count('a', 'accepted', 2_000);
    tally.count('b', 'accepted', 3_000);
    tally.count('a', 'accepted', 4_000);
    expect(tally.stats()).to.deep.equal({
      requests: 4,
      answers: { accepted: 3, failed: 1, rejected: 0, throttled: 0, hung: 0, dropped: 0 },
      acceptedKeys: 2,
      duplicates: 1,
      firstAt: '1970-01-01T00:00:01.000Z',
      lastAt: '1970-01-01T00:00:04.000Z',
    });
  });

  it('numbers the attempts of a key', () => {
    const tally = createTally(10);
    expect([tally.attempt('a'), tally.attempt('b'), tally.attempt('a')]).to.deep.equal([1, 1, 2]);
  });

  it('remembers the newest keys only', () => {
    const tally = createTally(2);
    for (const key of ['a', 'b', 'c']) tally.attempt(key);
    expect([tally.attempt('c'), tally.attempt('b'), tally.attempt('a')]).to.deep.equal([2, 2, 1]);
  });

  it('forgets', () => {
    const tally = createTally(2);
    tally.attempt('a');
    tally.count('a', 'accepted', 1);
    tally.clear();
    expect(tally.attempt('a')).to.equal(1);
    expect(tally.stats()).to.deep.include({ requests: 0, acceptedKeys: 0, firstAt: null, lastAt: null });
  });
});
