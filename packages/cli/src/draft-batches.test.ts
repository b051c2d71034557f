import { expect } from 'chai';
import fc from 'fast-check';
import { collected } from './draft-fixture.ts';
import { draftBatches, keyOf } from './draft-batches.ts';
import type { DraftLine } from './draft-lines.ts';

async function* linesOf(count: number, bytes = 1): AsyncGenerator<DraftLine> {
  for (let line = 1; line <= count; line += 1) yield { line, draft: { content: 'x'.repeat(bytes) } };
}

async function* badLines(): AsyncGenerator<DraftLine> {
  for (let line = 1; line <= 2_500; line += 1) yield { line, fault: 'bad' };
}

describe('batches of drafts', () => {
  it('hold a thousand at most, every line in its order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3_500 }), async (count) => {
        const batches = await collected(draftBatches(linesOf(count)));
        expect(batches.flatMap(({ lines }) => lines)).to.deep.equal(
          Array.from({ length: count }, (_, i) => i + 1),
        );
        expect(batches.map(({ index }) => index)).to.deep.equal([...batches.keys()]);
        expect(batches.slice(0, -1).every(({ drafts }) => drafts.length === 1_000)).to.equal(true);
      }),
      { numRuns: 20 },
    );
  });

  it('are no larger than the API takes', async () => {
    const batches = await collected(draftBatches(linesOf(30, 1024 * 1024)));
    expect(batches.map(({ drafts }) => drafts.length)).to.deep.equal([7, 7, 7, 7, 2]);
  });

  it('are bounded also where every line is bad', async () => {
    const batches = await collected(draftBatches(badLines()));
    expect(batches.map(({ faults }) => faults.length)).to.deep.equal([1_000, 1_000, 500]);
  });

  it('have the same key when they say the same at the same place, and no other', () => {
    const batch = { index: 3, lines: [1], drafts: [{ content: 'a' }], faults: [] };
    const key = keyOf(batch, '');
    expect(keyOf({ ...batch, lines: [9] }, '')).to.equal(key);
    const others = [
      keyOf({ ...batch, index: 4 }, ''),
      keyOf({ ...batch, drafts: [{ content: 'b' }] }, ''),
      keyOf(batch, 'again'),
    ];
    expect(new Set([key, ...others]).size).to.equal(4);
    expect(key).to.match(/^[ -~]{1,255}$/);
  });
});
