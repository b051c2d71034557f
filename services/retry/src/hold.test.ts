import { expect } from 'chai';
import fc from 'fast-check';
import { createHold } from './hold.ts';

/** Resolves with everything handed over, once `count` items have been. */
function collect(dues: number[], now: () => number): Promise<{ due: number; at: number }[]> {
  return new Promise((resolve) => {
    const got: { due: number; at: number }[] = [];
    const hold = createHold<number>({
      now,
      onDue: (items) => {
        for (const due of items) got.push({ due, at: now() });
        if (got.length === dues.length) resolve(got);
      },
    });
    for (const due of dues) hold.add(due, due);
  });
}

const ascending = (a: number, b: number): number => a - b;

describe('hold', () => {
  it('hands over everything once, in order of due times, nothing early', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -5, max: 15 }), { minLength: 1, maxLength: 50, size: 'max' }),
        async (offsets) => {
          const start = Date.now();
          const dues = offsets.map((offset) => start + offset);
          const got = await collect(dues, Date.now);
          for (const { due, at } of got) expect(at).to.be.at.least(due);
          expect(got.map(({ due }) => due).toSorted(ascending)).to.deep.equal(dues.toSorted(ascending));
          expect(got.filter(({ due }) => due > start).map(({ due }) => due)).to.deep.equal(
            dues.filter((due) => due > start).toSorted(ascending),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  it('hands over the earlier of two that come in the other order', async () => {
    const start = Date.now();
    const got = await collect([start + 30, start + 10, start + 20], Date.now);
    expect(got.map(({ due }) => due - start)).to.deep.equal([10, 20, 30]);
  });

  it('keeps what it holds once it is stopped', () => {
    const handedOver: number[] = [];
    const hold = createHold<number>({ now: Date.now, onDue: (items) => handedOver.push(...items) });
    hold.add(1, Date.now() + 60_000);
    hold.stop();
    hold.add(2, 0);
    expect(hold.size()).to.equal(2);
    expect(handedOver).to.be.empty;
  });
});
