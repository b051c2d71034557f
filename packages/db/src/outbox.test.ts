import { randomUUIDv7 } from 'node:crypto';
import { expect } from 'chai';
import { accepted, force, freshRow, groupOf, store, useDatabase } from './fixture.ts';
import {
  acceptGroup,
  type AcceptGroup,
  forgetOutbox,
  readPublishable,
  releaseDue,
  takeAbandoned,
} from './index.ts';

const HOUR_MS = 3_600_000;

describe('outbox', () => {
  const test = useDatabase();
  beforeEach(() => test.sql('TRUNCATE outbox, deliveries, notifications'));

  async function promised(ageSeconds: number): Promise<AcceptGroup> {
    const group = groupOf([accepted(), accepted()]);
    await acceptGroup(test.db, group);
    await test.sql(`UPDATE outbox SET relay_after = relay_after - $2 * interval '1 second' WHERE id = $1`, [
      group.outboxId,
      ageSeconds,
    ]);
    return group;
  }

  it('gives a group away only when nobody has published it for 10 s', async () => {
    const [old] = [await promised(10), await promised(9)];
    expect(await takeAbandoned(test.db, 100)).to.deep.equal([
      { id: old.outboxId, notification_ids: old.notifications.map(({ id }) => id) },
    ]);
  });

  it('gives it to one relay at a time, and again when that one has not published it in 10 s', async () => {
    const { outboxId } = await promised(10);
    expect(await takeAbandoned(test.db, 100)).to.have.length(1);
    expect(await takeAbandoned(test.db, 100)).to.deep.equal([]);
    const [{ lease } = { lease: 0 }] = await test.sql<{ lease: number }>(
      'SELECT extract(epoch FROM relay_after - now())::integer AS lease FROM outbox',
    );
    expect(lease).to.be.within(8, 10);
    await test.sql('UPDATE outbox SET relay_after = now()');
    expect(await takeAbandoned(test.db, 100)).to.have.nested.property('[0].id', outboxId);
  });

  it('gives at most as many as asked for, the oldest first', async () => {
    const groups = [await promised(11), await promised(13), await promised(12)];
    const oldest = [groups[1]?.outboxId, groups[2]?.outboxId];
    const taken = await takeAbandoned(test.db, 2);
    expect(taken.map(({ id }) => id)).to.have.members(oldest);
    expect((await takeAbandoned(test.db, 2)).map(({ id }) => id)).to.deep.equal([groups[0]?.outboxId]);
  });

  it('gives each group to one of several relays that ask at once', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 20; i += 1) ids.push((await promised(10)).outboxId);
    const relays = test.connect(8);
    const taken = await Promise.all(Array.from({ length: 8 }, () => takeAbandoned(relays, 5)));
    expect(taken.flat().map(({ id }) => id)).to.satisfy((all: string[]) => new Set(all).size === all.length);
    // Who met a locked row passed it over; what is left is there for the next.
    const rest = await takeAbandoned(test.db, 100);
    expect([...taken.flat(), ...rest].map(({ id }) => id)).to.have.members(ids);
  });

  it('drops what was kept, and does not wait for what somebody else holds', async () => {
    const [held, free] = [await promised(0), await promised(0)];
    const relay = test.connect(1);
    await relay.query({ name: '', text: 'BEGIN' }, []);
    await relay.query({ name: '', text: 'SELECT FROM outbox WHERE id = $1 FOR UPDATE' }, [held.outboxId]);
    const next = groupOf([accepted()], { publishedOutboxIds: [held.outboxId] });
    // Were one of these to wait, it would drop the row when the pool ends the idle connection that holds it.
    await forgetOutbox(test.db, [held.outboxId, free.outboxId]);
    await acceptGroup(test.db, next);
    await relay.close();
    const left = await test.sql<{ id: string }>('SELECT id FROM outbox');
    expect(left.map(({ id }) => id)).to.have.members([held.outboxId, next.outboxId]);
  });

  it('reads what is to be published as it is now, templates rendered, whatever order', async () => {
    const draft = { metadata: { ç: [1, '"'] }, expires_at: Date.now() + HOUR_MS, priority: 'high' } as const;
    const identity = {
      correlation_id: 'c',
      source: 'billing',
      idempotency_key: 'k',
      batch_id: randomUUIDv7(),
    };
    const notification = accepted(draft, identity);
    const at = await acceptGroup(test.db, groupOf([notification]));
    const [publishable] = await readPublishable(test.db, [randomUUIDv7(), notification.id]);
    expect(publishable?.notification).to.deep.equal({
      ...notification.draft,
      ...identity,
      id: notification.id,
      tenant_id: 'default',
      metadata: JSON.stringify(draft.metadata),
      template_variables: null,
      created_at: at,
    });
    const { due_at: _, ...row } = freshRow(notification, at);
    expect(publishable?.delivery).to.include(row);
    expect(await readPublishable(test.db, [])).to.deep.equal([]);
  });
});

describe('release of what is due', () => {
  const test = useDatabase();
  beforeEach(() => test.sql('TRUNCATE outbox, deliveries, notifications'));

  const schedule = async (count: number): Promise<string[]> =>
    store(
      test.db,
      Array.from({ length: count }, () => ({ scheduled_at: Date.now() + HOUR_MS })),
    );
  const promises = () =>
    test.sql<{ id: string; notification_ids: string[] }>('SELECT id, notification_ids FROM outbox');

  it('accepts it, and promises it in the same transaction', async () => {
    const [due = '', later = ''] = await schedule(2);
    await force(test, due, 'due_at = now()');
    const outboxId = randomUUIDv7();
    expect(await releaseDue(test.db, outboxId, 100)).to.deep.equal({ id: outboxId, notification_ids: [due] });
    expect(await promises()).to.deep.equal([{ id: outboxId, notification_ids: [due] }]);
    const rows = await test.sql<{ id: string; at: number; accepted_at: number }>(
      'SELECT id, state, due_at, at, accepted_at FROM deliveries',
    );
    const [released, waiting] = [due, later].map((id) => rows.find((row) => row.id === id));
    expect(released).to.include({ state: 'accepted', due_at: null });
    expect(released?.at).to.be.a('number').that.satisfies(Number.isInteger);
    expect(released?.accepted_at, 'accepted when it was released').to.equal(released?.at);
    expect(waiting).to.include({ state: 'scheduled' });
  });

  it('is never early, not by a millisecond', async () => {
    const [id = ''] = await schedule(1);
    await force(test, id, `due_at = date_trunc('milliseconds', now()) + interval '200 milliseconds'`);
    const read = async () =>
      (await test.sql<{ at: number; due_at: number }>('SELECT at, due_at FROM deliveries'))[0];
    const due = await read();
    while ((await releaseDue(test.db, randomUUIDv7(), 100)) === null)
      expect(await promises(), 'a promise before its time').to.deep.equal([]);
    const released = await read();
    expect(released?.at).to.be.at.least(due?.due_at ?? NaN);
  });

  it('takes the longest due first, at most as many as asked for', async () => {
    const ids = await schedule(5);
    for (const [i, id] of ids.entries())
      await force(test, id, `due_at = now() - interval '${i + 1} minutes'`);
    const first = await releaseDue(test.db, randomUUIDv7(), 2);
    expect(first?.notification_ids).to.have.members(ids.slice(3));
    expect((await releaseDue(test.db, randomUUIDv7(), 100))?.notification_ids).to.have.members(
      ids.slice(0, 3),
    );
    expect(await releaseDue(test.db, randomUUIDv7(), 100)).to.equal(null);
  });

  it('leaves alone what is due for a retry, and what was cancelled', async () => {
    const [retrying = '', cancelled = ''] = await schedule(2);
    await force(test, retrying, `state = 'retrying', due_at = now() - interval '1 hour'`);
    await force(test, cancelled, `state = 'cancelled', due_at = now() - interval '1 hour'`);
    expect(await releaseDue(test.db, randomUUIDv7(), 100)).to.equal(null);
  });

  it('is done once, however many schedulers look', async () => {
    const ids = await schedule(60);
    for (const id of ids) await force(test, id, 'due_at = now()');
    const schedulers = test.connect(6);
    const released = await Promise.all(
      Array.from({ length: 6 }, () => releaseDue(schedulers, randomUUIDv7(), 20)),
    );
    const rest = await releaseDue(test.db, randomUUIDv7(), 100);
    const all = [...released, rest].flatMap((promise) => promise?.notification_ids ?? []);
    expect(all).to.have.members(ids).and.to.have.length(60);
  });
});
