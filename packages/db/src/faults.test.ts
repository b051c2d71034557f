import { expect } from 'chai';
import { DatabaseAway, isolate, RowRefused } from './index.ts';

/** A statement that refuses the whole group when a guilty item is in it, and notes what it was asked. */
function refusing(guilty: Set<number>): { run: (items: number[]) => Promise<string[]>; asked: number[][] } {
  const asked: number[][] = [];
  const run = (items: number[]): Promise<string[]> => {
    asked.push(items);
    if (items.some((item) => guilty.has(item))) return Promise.reject(new RowRefused('one of them'));
    return Promise.resolve(items.map((item) => `stored ${item}`));
  };
  return { run, asked };
}

describe('isolating what Postgres refuses', () => {
  const items = Array.from({ length: 10 }, (_, i) => i);

  for (const guilty of [[], [0], [9], [3, 4], [0, 5, 9], items])
    it(`stores all but ${guilty.join(', ') || 'none'}, in order`, async () => {
      const { run } = refusing(new Set(guilty));
      const results = await isolate(items, run);
      expect(results).to.have.length(10);
      for (const [i, result] of results.entries())
        if (guilty.includes(i)) expect(result).to.be.instanceOf(RowRefused);
        else expect(result).to.equal(`stored ${i}`);
    });

  it('asks once when nothing is wrong, and about 2 log n times for one that is', async () => {
    const clean = refusing(new Set());
    await isolate(items, clean.run);
    expect(clean.asked).to.deep.equal([items]);
    const thousand = Array.from({ length: 1024 }, (_, i) => i);
    const one = refusing(new Set([700]));
    await isolate(thousand, one.run);
    expect(one.asked).to.have.length(21);
  });

  it('hands on any other error, for it is nobody’s fault', async () => {
    const away = new DatabaseAway('gone');
    const error = await isolate(items, () => Promise.reject(away)).catch((thrown: unknown) => thrown);
    expect(error).to.equal(away);
  });

  it('of nothing asks for nothing to be isolated', async () => {
    expect(await isolate([], () => Promise.resolve([]))).to.deep.equal([]);
  });
});
