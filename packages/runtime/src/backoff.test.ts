import { expect } from 'chai';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';

describe('backoffMs', () => {
  it('doubles up to its cap', () => {
    const waits = [1, 2, 3, 4, 50].map((attempt) =>
      backoffMs({ attempt, baseMs: 100, capMs: 500, random: 0 }),
    );
    expect(waits).to.deep.equal([100, 200, 400, 500, 500]);
  });

  it('is shortened by at most half', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), random, (attempt, drawn) => {
        const options = { attempt, baseMs: 100, capMs: 30_000 };
        const full = backoffMs({ ...options, random: 0 });
        expect(backoffMs({ ...options, random: drawn })).to.be.within(full / 2, full);
      }),
    );
  });
});
