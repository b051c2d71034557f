import { expect } from 'chai';
import type { KafkaMessage } from 'kafkajs';
import { createByteBudget } from './byte-budget.ts';
import { type HeldPartition, holdPartition } from './held-partition.ts';

describe('held partition', () => {
  it('takes what there is room for, and the rest when it comes again', () => {
    const held = hold(4);
    const { records, upTo } = take(held, 0, 6);
    expect([records.map(({ offset }) => offset), upTo]).to.deep.equal([[0, 1, 2, 3], '3']);
    records[1]?.done();
    expect(take(held, 4, 6)).to.deep.equal({ records: [], upTo: null });
    records[0]?.done();
    expect(take(held, 4, 7).upTo).to.equal('5');
  });

  it('hands out nothing twice that comes again after a join', () => {
    const held = hold(8);
    const [first, second] = take(held, 0, 4).records;
    second?.done();
    held.refetches();
    expect(held.breakOff(0)).to.equal(null);
    expect(take(held, 0, 6).records.map(({ offset }) => offset)).to.deep.equal([4, 5]);
    expect(held.uncommitted()).to.equal(null);
    first?.done();
    expect(held.uncommitted()).to.equal(2);
    held.committed(2);
    expect(held.uncommitted()).to.equal(null);
  });

  it('is done up to the end of what was fetched once nothing is in flight, and never goes back', () => {
    const held = hold(8);
    const { records } = held.take(messages(0, 2), 2);
    records[1]?.done();
    expect(held.uncommitted()).to.equal(null);
    records[0]?.done();
    expect(held.uncommitted()).to.equal(3);
    held.pass(6);
    expect(held.uncommitted()).to.equal(7);
    held.committed(7);
    const [next] = held.take(messages(9, 10), 10).records;
    expect(held.uncommitted()).to.equal(null);
    next?.done();
    expect(held.uncommitted()).to.equal(11);
  });

  it('cannot go on where the log starts anew', () => {
    const held = hold(8);
    for (const record of take(held, 10, 14).records) record.done();
    held.committed(14);
    expect(held.breakOff(0)).to.equal('set back');
    expect(held.breakOff(14)).to.equal(null);
  });

  it('cannot go on where somebody else has read on meanwhile, but passes over gaps', () => {
    const held = hold(8);
    take(held, 10, 14);
    expect(held.breakOff(20)).to.equal(null);
    held.refetches();
    expect(held.breakOff(20)).to.equal('overtaken');
  });
});

function hold(capacity: number): HeldPartition {
  const deps = { capacity, budget: createByteBudget(1_000), onDone: () => undefined };
  return holdPartition({ topic: 't', partition: 0 }, deps);
}

/** As if the log went on behind the last of them. */
function take(held: HeldPartition, from: number, to: number): ReturnType<HeldPartition['take']> {
  return held.take(messages(from, to), to - 1);
}

function messages(from: number, to: number): KafkaMessage[] {
  return Array.from({ length: to - from }, (_, index) => ({
    offset: String(from + index),
    key: null,
    value: Buffer.from('v'),
    timestamp: '0',
    attributes: 0,
    headers: {},
  }));
}
