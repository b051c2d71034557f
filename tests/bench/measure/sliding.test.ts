import { expect } from 'chai';
import { slidingSeconds } from './sliding.ts';

describe('sliding seconds', () => {
  it('are one for each millisecond at which a second may begin', () => {
    expect(slidingSeconds([], 5_000, 6_000)).to.deep.equal([0]);
    expect(slidingSeconds([], 5_000, 6_002)).to.deep.equal([0, 0, 0]);
    expect(slidingSeconds([], 5_000, 5_999)).to.deep.equal([]);
  });

  it('count what lies within, from their first millisecond to their last', () => {
    const seconds = slidingSeconds([4_999, 5_001, 5_999.5, 6_000.5, 6_003], 5_000, 6_002);
    expect(seconds).to.deep.equal([2, 3, 2]);
  });

  it('find what lies across two seconds of the clock', () => {
    const burst = [5_900, 5_950, 6_000, 6_050];
    expect(Math.max(...slidingSeconds(burst, 5_000, 7_000))).to.equal(4);
  });
});
