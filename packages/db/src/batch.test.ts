import { randomUUIDv7 } from 'node:crypto';
import { DELIVERY_STATES, TRANSITIONS } from '@fanfare/domain';
import { expect } from 'chai';
import { accepted, firstClaim, force, groupOf, useDatabase } from './fixture.ts';
import { acceptGroup, cancelBatch, claim, getBatch, readPublishable, takeAbandoned } from './index.ts';

describe('cancelling a batch', () => {
  const test = useDatabase();

  async function batchOf(size: number): Promise<{ id: string; members: string[] }> {
    const batch = { id: randomUUIDv7(), size, metadata: null, correlation_id: null };
    const members = Array.from({ length: size }, () => accepted({}, { batch_id: batch.id }));
    await acceptGroup(test.db, groupOf(members, { batch }));
    return { id: batch.id, members: members.map(({ id }) => id) };
  }

  it('takes each member by itself, and counts', async () => {
    const { id, members } = await batchOf(DELIVERY_STATES.length);
    for (const [i, state] of DELIVERY_STATES.entries())
      await force(test, members[i] ?? '', `state = '${state}'`);
    const outsider = await batchOf(1);
    const outboxId = randomUUIDv7();
    const cancellable: readonly string[] = TRANSITIONS.cancel.from;
    expect(await cancelBatch(test.db, id, outboxId)).to.deep.equal({
      id,
      size: 8,
      cancelled: 3,
      too_late: 4,
      already_cancelled: 1,
    });
    const states = await readPublishable(test.db, members);
    const byId = new Map(states.map(({ delivery }) => [delivery.id, delivery.state]));
    expect(members.map((member) => byId.get(member))).to.deep.equal(
      DELIVERY_STATES.map((state) => (cancellable.includes(state) ? 'cancelled' : state)),
    );
    const changed = members.filter((_, i) => cancellable.includes(DELIVERY_STATES[i] ?? ''));
    const promised = (await takeAbandoned(test.db, 1_000)).find((group) => group.id === outboxId);
    expect(promised?.notification_ids).to.have.members(changed);
    expect((await getBatch(test.db, id))?.counts).to.deep.equal({ cancelled: 3, pending: 5 });
    expect((await getBatch(test.db, outsider.id))?.counts).to.deep.equal({ pending: 1 });
    expect(await cancelBatch(test.db, id, randomUUIDv7())).to.include({
      cancelled: 0,
      too_late: 4,
      already_cancelled: 4,
    });
  });

  it('knows no batch that was never accepted', async () => {
    expect(await cancelBatch(test.db, randomUUIDv7(), randomUUIDv7())).to.equal(null);
  });

  it('and claims of its members: each is cancelled or claimed, with no deadlock', async () => {
    const { id, members } = await batchOf(300);
    const deadlocks = await test.deadlocksOf(4, async (db) => {
      const claiming = Array.from({ length: 3 }, (_, i) =>
        claim(
          db,
          members.filter((_member, k) => k % 3 === i).map((member) => firstClaim(member)),
          60_000,
        ),
      );
      const [cancellation, ...claims] = await Promise.all([cancelBatch(db, id, randomUUIDv7()), ...claiming]);
      const granted = claims
        .flatMap((found) => [...found.values()])
        .filter(({ verdict }) => verdict === 'granted');
      expect((cancellation?.cancelled ?? 0) + granted.length).to.equal(300);
      expect(cancellation?.too_late).to.equal(granted.length);
    });
    expect(deadlocks).to.equal(0);
  });

  it('takes one of a thousand in one go', async () => {
    const { id } = await batchOf(1_000);
    expect(await cancelBatch(test.db, id, randomUUIDv7())).to.include({ size: 1_000, cancelled: 1_000 });
    const found = await getBatch(test.db, id);
    expect(found?.progress).to.deep.equal({ ended: 1_000, ratio: 1 });
  });
});
