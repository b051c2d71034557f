import { expect } from 'chai';
import { median, percentile, summarise } from './statistics.ts';

const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('statistics', () => {
  it('takes the nearest rank for a percentile', () => {
    expect(percentile(oneTo(100), 50)).to.equal(50);
    expect(percentile(oneTo(100), 99)).to.equal(99);
    expect(percentile(oneTo(1_000), 99)).to.equal(990);
    expect(percentile(oneTo(10), 95)).to.equal(10);
    expect(percentile([7], 1)).to.equal(7);
    expect(percentile(oneTo(4), 100)).to.equal(4);
  });

  it('summarises samples in any order, as numbers and not as text', () => {
    const { p50, p99, max, mean, count } = summarise([100, 9, 20, 1]);
    expect({ p50, p99, max, mean, count }).to.deep.equal({
      p50: 9,
      p99: 100,
      max: 100,
      mean: 32.5,
      count: 4,
    });
  });

  it('refuses to summarise nothing', () => {
    expect(() => summarise([])).to.throw('nothing was measured');
  });

  it('takes the middle of an odd number, and the mean of the middle two of an even one', () => {
    expect(median([30, 4, 100])).to.equal(30);
    expect(median([1, 10, 2, 4])).to.equal(3);
    expect(median([5])).to.equal(5);
  });
});
