import { expect } from 'chai';
import { createAssignment } from './assignment.ts';
import { createByteBudget } from './byte-budget.ts';
import { holdPartition } from './held-partition.ts';

describe('assignment', () => {
  const budget = createByteBudget(7_000);
  const newAssignment = () =>
    createAssignment((at) => holdPartition(at, { capacity: 4, budget, onDone: () => undefined }));

  it('keeps the epoch of what a member keeps, and begins one for what is new', () => {
    const assignment = newAssignment();
    assignment.rejoined('m', { a: [0, 1], b: [0] });
    const kept = assignment.get('a', 1);
    const change = assignment.rejoined('m', { a: [1, 2] });
    expect(names(change.revoked)).to.deep.equal(['a/0', 'b/0']);
    expect(names(change.kept)).to.deep.equal(['a/1']);
    expect(names(change.assigned)).to.deep.equal(['a/2']);
    expect(assignment.get('a', 1)).to.equal(kept);
    expect(names(assignment.all())).to.deep.equal(['a/1', 'a/2']);
  });

  it('keeps nothing under a new member id: others may have read on meanwhile', () => {
    const assignment = newAssignment();
    assignment.rejoined('m', { a: [0] });
    const before = assignment.get('a', 0);
    const change = assignment.rejoined('n', { a: [0] });
    expect([names(change.revoked), names(change.assigned)]).to.deep.equal([['a/0'], ['a/0']]);
    expect(assignment.get('a', 0)).to.not.equal(before);
  });

  it('lets go of the memory of what it loses, once', () => {
    const assignment = newAssignment();
    assignment.rejoined('m', { a: [0] });
    const held = assignment.get('a', 0);
    const taken = held?.take([message('0', 600), message('1', 600)], 1);
    expect(budget.isFull()).to.equal(true);
    taken?.records[0]?.done();
    assignment.rejoined('m', {});
    for (const record of taken?.records ?? []) record.done();
    let isHalf = false;
    budget.take(3_500);
    budget.whenHalf(() => (isHalf = true));
    budget.release(0);
    expect([budget.isFull(), isHalf]).to.deep.equal([false, true]);
    budget.take(3_500);
    expect(budget.isFull()).to.equal(true);
  });
});

function message(offset: string, size: number) {
  return { offset, key: null, value: Buffer.alloc(size), timestamp: '0', attributes: 0, headers: {} };
}

function names(helds: { topic: string; partition: number }[]): string[] {
  return helds.map(({ topic, partition }) => `${topic}/${partition}`);
}
