import { expect } from 'chai';
import fc from 'fast-check';
import { allowanceOf, momentAt, shareOf, SLICE_MS } from './pace-slices.ts';

/** From the clock's beginning to far beyond our time. */
const slices = fc.oneof(fc.nat(1_000), fc.integer({ min: 1.7e10, max: 4e10 }));
const rates = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1_000_000 }));
const replicas = fc.integer({ min: 1, max: 12 });

describe('slices of a limit', () => {
  it('give any rate exactly', () => {
    const from = (perSecond: number) => upTo(10).map((slice) => allowanceOf(slice, perSecond));
    expect(from(3)).to.deep.equal([0, 0, 0, 1, 0, 0, 1, 0, 0, 1]);
    expect(from(25)).to.deep.equal([2, 3, 2, 3, 2, 3, 2, 3, 2, 3]);
    expect(from(100)).to.deep.equal(upTo(10).map(() => 10));
  });

  it('have a second in any ten that follow each other, and in eleven a tenth more', () => {
    fc.assert(
      fc.property(slices, rates, (first, perSecond) => {
        expect(allowanceOfMany(first, 10, perSecond)).to.equal(perSecond);
        expect(allowanceOfMany(first, 11, perSecond)).to.be.at.most(perSecond + Math.ceil(perSecond / 10));
      }),
    );
  });

  it('are dealt out among the replicas, each token to one', () => {
    fc.assert(
      fc.property(slices, rates, replicas, (slice, perSecond, count) => {
        const shares = upTo(count).map((rank) => shareOf(slice, perSecond, { rank, count }));
        expect(sum(shares)).to.equal(allowanceOf(slice, perSecond));
        expect(Math.max(...shares) - Math.min(...shares)).to.be.at.most(1);
      }),
    );
  });

  it('give each replica as much as any other, however low the rate', () => {
    fc.assert(
      fc.property(slices, rates, replicas, (first, perSecond, count) => {
        for (const rank of upTo(count)) {
          const own = upTo(10 * count).map((index) => shareOf(first + index, perSecond, { rank, count }));
          expect(sum(own)).to.equal(perSecond);
        }
      }),
    );
  });

  it('follow each other without a gap', () => {
    fc.assert(
      fc.property(slices, fc.double({ min: 0, max: SLICE_MS - 0.01, noNaN: true }), (slice, elapsedMs) => {
        const moment = momentAt(slice * SLICE_MS + elapsedMs);
        expect(moment.slice).to.equal(slice);
        expect(moment.elapsedMs).to.be.closeTo(elapsedMs, 0.01);
      }),
    );
  });
});

function allowanceOfMany(first: number, count: number, perSecond: number): number {
  return sum(upTo(count).map((index) => allowanceOf(first + index, perSecond)));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
