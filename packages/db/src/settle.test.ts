import { expect } from 'chai';
import { delivered, firstClaim, force, shuffled, store, useDatabase } from './fixture.ts';
import {
  claim,
  type Database,
  deliverLate,
  type HeldDelivery,
  type LateDelivery,
  readPublishable,
  settle,
  type Settled,
  type Settlement,
} from './index.ts';

const LEASE_MS = 12_000;

function late(id: string): LateDelivery {
  return { id, provider: 'acme', provider_message_id: 'm-9', duration_ms: 11_000 };
}

describe('settling an attempt', () => {
  const test = useDatabase();

  async function claimed(): Promise<string> {
    const [id = ''] = await store(test.db, [{}]);
    await claim(test.db, [firstClaim(id)], LEASE_MS);
    return id;
  }

  const claimedMany = (count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, () => claimed()));

  async function settleOne(settlement: Settlement): Promise<Settled> {
    const settled = (await settle(test.db, [settlement])).get(settlement.id);
    if (settled === undefined) throw new Error('no row');
    return settled;
  }

  async function settleAtOnce(db: Database, seed: number): Promise<void> {
    const ids = await claimedMany(40);
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        settle(
          db,
          shuffled(ids, seed + i).map((id) => delivered(id, { duration_ms: i })),
        ),
      ),
    );
    const wins = all.flatMap((group) => [...group.values()]).filter(({ settled }) => settled);
    expect(wins.map(({ delivery }) => delivery.id)).to.have.members(ids);
    await Promise.all(
      Array.from({ length: 5 }, (_, i) => deliverLate(db, shuffled(ids, seed - i).map(late))),
    );
  }

  const rowOf = async (id: string): Promise<Record<string, unknown> | undefined> =>
    (await test.sql('SELECT * FROM deliveries WHERE id = $1', [id]))[0];

  const ENDS: Partial<Settlement>[] = [
    { state: 'delivered' },
    { state: 'failed', outcome: 'rejected', reason: 'HTTP 400', dead_letter_reason: 'rejected' },
    { state: 'expired', outcome: 'unknown', reason: 'too late', provider_message_id: null },
  ];
  for (const end of ENDS)
    it(`as ${end.state} keeps what the provider said, and ends the lease`, async () => {
      const id = await claimed();
      const before = await rowOf(id);
      const { settled, delivery } = await settleOne(delivered(id, end));
      const { delay_ms: _, ...said } = delivered(id, end);
      expect(settled).to.equal(true);
      expect(delivery).to.include({ ...said, lease_until: null, due_at: null, attempt: 1, cycle: 0 });
      expect(delivery.started_at).to.equal(before?.['started_at']);
      expect(delivery.claimed_from, 'so that a repeat of the record tells it again').to.be.a('string');
    });

  it('as retrying says when the next attempt is due, to the millisecond', async () => {
    const id = await claimed();
    const { delivery } = await settleOne(
      delivered(id, { state: 'retrying', delay_ms: 31_234, reason: 'HTTP 503' }),
    );
    expect(delivery).to.include({ state: 'retrying', due_at: delivery.at + 31_234, reason: 'HTTP 503' });
  });

  it('is void when the fence has moved on, and returns the row as it is', async () => {
    const id = await claimed();
    await force(test, id, `lease_until = now() - interval '1 second'`);
    await claim(test.db, [firstClaim(id, { claimed_from: 'other/0/2' })], LEASE_MS);
    const before = await rowOf(id);
    const { settled, delivery } = await settleOne(delivered(id, { fence: 1 }));
    expect(settled).to.equal(false);
    expect(delivery).to.include({ state: 'processing', fence: 2, claimed_from: 'other/0/2' });
    expect(await rowOf(id)).to.deep.equal(before);
    expect(await settleOne(delivered(id, { fence: 2 }))).to.have.property('settled', true);
  });

  it('is void the second time: the first one stands', async () => {
    const id = await claimed();
    const first = await settleOne(delivered(id));
    const again = await settleOne(delivered(id, { state: 'failed', reason: 'late' }));
    expect(again).to.deep.equal({ settled: false, delivery: first.delivery });
  });

  it('judges each row of a group by itself, and leaves out what has no row', async () => {
    const [mine, stale] = [await claimed(), await claimed()];
    const stranger = '0192f0c0-0000-7000-8000-000000000000';
    const group = [delivered(stranger), delivered(stale, { fence: 7 }), delivered(mine)];
    const settled = await settle(test.db, group);
    expect([...settled].map(([id, { settled: done }]) => [id, done])).to.have.deep.members([
      [mine, true],
      [stale, false],
    ]);
    expect(settled.get(mine)?.delivery.provider_message_id).to.equal(`m-${mine}`);
    expect(await settle(test.db, [])).to.deep.equal(new Map());
  });

  it('gives each row of a group its own end', async () => {
    const ids = await claimedMany(20);
    const ends = ids.map((id, i) =>
      i % 2 === 0
        ? delivered(id, { duration_ms: i })
        : delivered(id, { state: 'retrying', delay_ms: i, reason: `r${i}` }),
    );
    const settled = await settle(test.db, ends);
    for (const [i, { id, state, duration_ms, reason }] of ends.entries()) {
      const row = settled.get(id)?.delivery;
      expect(row).to.include({ state, duration_ms, reason });
      expect(row?.due_at).to.equal(state === 'retrying' ? (row?.at ?? 0) + i : null);
    }
  });

  it('lets one of two racing settlements win', async () => {
    const other = test.connect(10);
    const id = await claimed();
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, i) => settle(other, [delivered(id, { duration_ms: i })])),
    );
    const wins = all.filter((settled) => settled.get(id)?.settled);
    expect(wins).to.have.length(1);
    const stands: HeldDelivery | undefined = wins[0]?.get(id)?.delivery;
    for (const settled of all) expect(settled.get(id)?.delivery).to.deep.equal(stands);
  });

  it('settles each once, however many try at once in whatever order, without a deadlock', async () => {
    const deadlocks = await test.deadlocksOf(10, async (db) => {
      for (const seed of [5, 50, 100, 150]) await settleAtOnce(db, seed);
    });
    expect(deadlocks).to.equal(0);
  });
});

describe('an accepted answer that came too late', () => {
  const test = useDatabase();
  const promised = async (): Promise<string[]> =>
    (await test.sql<{ notification_ids: string[] }>('DELETE FROM outbox RETURNING notification_ids')).flatMap(
      ({ notification_ids }) => notification_ids,
    );
  beforeEach(promised);

  for (const state of ['accepted', 'processing', 'retrying', 'failed', 'cancelled', 'expired'] as const)
    it(`turns ${state} into delivered, in its cycle, with the promise to tell it`, async () => {
      const [id = ''] = await store(test.db, [{}]);
      await promised();
      const left = `lease_until = now(), due_at = now(), reason = 'r', dead_letter_reason = 'rejected'`;
      await force(test, id, `state = '${state}', cycle = 2, fence = 5, attempt = 3, ${left}`);
      await deliverLate(test.db, [late(id)]);
      expect(await promised()).to.deep.equal([id]);
      const [row] = await readPublishable(test.db, [id]);
      expect(row?.delivery).to.include({ ...late(id), state: 'delivered', cycle: 2, fence: 5, attempt: 3 });
      expect(row?.delivery).to.include({ due_at: null, outcome: 'accepted', reason: null });
    });

  it('leaves what is delivered as it is, and promises nothing', async () => {
    const [id = ''] = await store(test.db, [{}]);
    await promised();
    await force(test, id, `state = 'delivered', provider_message_id = 'm-1'`);
    await deliverLate(test.db, [late(id)]);
    const [row] = await readPublishable(test.db, [id]);
    expect(row?.delivery).to.include({ state: 'delivered', provider_message_id: 'm-1' });
    expect(await promised()).to.deep.equal([]);
  });

  it('promises those of a group that it changed', async () => {
    const [open = '', done = '', other = ''] = await store(test.db, [{}, {}, {}]);
    await promised();
    await force(test, done, `state = 'delivered'`);
    await deliverLate(test.db, [open, done, other].map(late));
    expect(await promised()).to.have.members([open, other]);
  });
});
