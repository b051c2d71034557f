import { randomUUIDv7 } from 'node:crypto';
import { STATUS_TOPIC } from '@fanfare/contracts';
import { type Delivery, statusEvent } from '@fanfare/domain';
import { expect } from 'chai';
import { accepted, freshRow, groupOf, useDatabase } from './fixture.ts';
import {
  type Accepted,
  acceptGroup,
  getBatch,
  getBatchSnapshots,
  getNotification,
  getSnapshots,
  getTrace,
  project,
  readProgress,
} from './index.ts';

describe('reading notifications', () => {
  const test = useDatabase();

  async function tell({ draft, ...identity }: Accepted, rows: Delivery[]): Promise<void> {
    const expected = await readProgress(test.db, STATUS_TOPIC, 0);
    const events = rows.map((row, i) => ({
      ...statusEvent({ ...draft, ...identity }, row),
      log_partition: 0,
      log_offset: expected + i,
    }));
    await project(test.db, STATUS_TOPIC, [{ partition: 0, expected, next: expected + rows.length }], events);
  }

  /** Tells the read model that a notification was claimed and delivered, the later event first. */
  async function deliver(notification: Accepted, at: number): Promise<void> {
    const start = {
      ...freshRow(notification, at),
      fence: 1,
      attempt: 1,
      started_at: at + 1,
      provider: 'acme',
    };
    await tell(notification, [
      { ...start, state: 'delivered', at: at + 2, duration_ms: 1, outcome: 'accepted' },
      { ...start, state: 'processing', at: at + 1, provider: null },
    ]);
  }

  it('finds nothing under an id that was never given out', async () => {
    const id = randomUUIDv7();
    expect(await getNotification(test.db, id)).to.equal(null);
    expect(await getBatch(test.db, id)).to.equal(null);
    expect(await getTrace(test.db, id)).to.deep.equal([]);
    expect(await getSnapshots(test.db, [id])).to.deep.equal([]);
    expect(await getSnapshots(test.db, [])).to.deep.equal([]);
    expect(await getBatchSnapshots(test.db, id, 10)).to.deep.equal([]);
  });

  it('finds it under its id in capitals too', async () => {
    const notification = accepted();
    await acceptGroup(test.db, groupOf([notification]));
    expect(await getNotification(test.db, notification.id.toUpperCase())).to.have.property(
      'id',
      notification.id,
    );
  });

  it('traces a notification from its creation on, by version and not by arrival', async () => {
    const notification = accepted({}, { correlation_id: 'c-1' });
    const at = await acceptGroup(test.db, groupOf([notification]));
    await deliver(notification, at);
    const { id } = notification;
    const known = { correlation_id: 'c-1' };
    const started_at = new Date(at + 1).toISOString();
    expect(await getTrace(test.db, id)).to.deep.equal([
      {
        ...known,
        id: `${id}:created`,
        event: 'created',
        details: {},
        created_at: new Date(at).toISOString(),
      },
      {
        ...known,
        id: `${id}:12`,
        event: 'processing',
        details: { version: 12, cycle: 0, attempt: 1, started_at },
        created_at: started_at,
      },
      {
        ...known,
        id: `${id}:900007`,
        event: 'delivered',
        details: {
          version: 900_007,
          cycle: 0,
          attempt: 1,
          started_at,
          duration_ms: 1,
          provider: 'acme',
          outcome: 'accepted',
        },
        created_at: new Date(at + 2).toISOString(),
      },
    ]);
  });

  it('traces across the days of the table, and though a clock was set back', async () => {
    const notification = accepted();
    await acceptGroup(test.db, groupOf([notification]));
    const at = Date.parse('2030-01-31T09:00:00Z');
    await test.sql(
      `CREATE TABLE status_events_day PARTITION OF status_events FOR VALUES FROM ('2030-01-31') TO ('2030-02-01')`,
    );
    const row = { ...freshRow(notification, at), fence: 1, attempt: 1 };
    const rows = [
      { ...row, state: 'processing' as const, at: at + 5 * 86_400_000 },
      { ...row, state: 'delivered' as const, at },
    ];
    await tell(notification, rows);
    const trace = await getTrace(test.db, notification.id);
    expect(trace.map(({ event }) => event)).to.deep.equal(['created', 'processing', 'delivered']);
  });

  it('shows a batch with its members by id, and how many are in each status', async () => {
    const batch = { id: randomUUIDv7(), size: 30, metadata: { campaign: 'ş' }, correlation_id: 'c' };
    const members = Array.from({ length: 30 }, (_, i) =>
      accepted({ content: `${i}` }, { batch_id: batch.id }),
    );
    const at = await acceptGroup(test.db, groupOf(members, { batch }));
    await acceptGroup(test.db, groupOf([accepted()]));
    for (const member of members.slice(0, 3)) await deliver(member, at);
    const found = await getBatch(test.db, batch.id);
    expect(found).to.include({
      id: batch.id,
      size: 30,
      correlation_id: 'c',
      created_at: new Date(at).toISOString(),
    });
    expect(found?.metadata).to.deep.equal(batch.metadata);
    expect(found?.counts).to.deep.equal({ pending: 27, delivered: 3 });
    const byId = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(found?.notifications.map(({ id }) => id)).to.deep.equal(byId.map(({ id }) => id));
    const [first] = byId;
    expect(found?.notifications[0]).to.deep.equal(await getNotification(test.db, first?.id ?? ''));
  });

  it('tells a listener where a notification stands, without its recipient or content', async () => {
    const batchId = randomUUIDv7();
    const [done, waiting] = [accepted({}, { batch_id: batchId }), accepted({}, { batch_id: batchId })];
    const at = await acceptGroup(test.db, groupOf([done, waiting]));
    await deliver(done, at);
    const snapshots = await getSnapshots(test.db, [done.id, waiting.id, randomUUIDv7()]);
    const byId = new Map(snapshots.map((snapshot) => [snapshot.notification_id, snapshot]));
    expect(byId.size).to.equal(2);
    expect(byId.get(done.id)).to.include({ status: 'delivered', version: 900_007, attempt: 1, at: at + 2 });
    expect(byId.get(waiting.id)).to.include({
      status: 'pending',
      version: 0,
      attempt: 0,
      at,
      batch_id: batchId,
    });
    for (const snapshot of snapshots)
      expect(snapshot).to.not.have.any.keys('recipient', 'content', 'metadata');
    const inBatch = await getBatchSnapshots(test.db, batchId, 10);
    expect(inBatch).to.have.deep.members(snapshots);
    expect(await getBatchSnapshots(test.db, batchId, 1)).to.have.length(1);
  });
});
