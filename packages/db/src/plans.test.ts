import { STATUS_TOPIC } from '@fanfare/contracts';
import { type Delivery, statusEvent } from '@fanfare/domain';
import { expect } from 'chai';
import { accepted, delivered, firstClaim, groupOf, useDatabase } from './fixture.ts';
import {
  type Accepted,
  acceptGroup,
  adoptForeign,
  claim,
  type Database,
  deliverLate,
  getNotification,
  getSnapshots,
  getTrace,
  project,
  readProgress,
  readPublishable,
  releaseDue,
  settle,
} from './index.ts';

const LEASE_MS = 12_000;
const ROWS = 100_000;
/** Each statement touches a row of its group once or twice; reading all of an index would be thousands. */
const FETCHES_MAX = 12;

/** Rows like any others, without going through the statements under test. */
const FILL = `
  WITH ids AS (SELECT gen_random_uuid() AS id FROM generate_series(1, ${ROWS})),
  filled AS (
    INSERT INTO deliveries (id, digest, channel, priority, state, max_attempts, delivery_mode, accepted_at, at)
    SELECT id, '', 'sms', 'normal', 'delivered', 5, 'at_least_once', now(), now() FROM ids
  ),
  traced AS (
    INSERT INTO status_events (notification_id, version, at, log_partition, log_offset, status, cycle, attempt,
      max_attempts, channel, priority)
    SELECT id, 900007, now(), 0, 0, 'delivered', 0, 1, 5, 'sms', 'normal' FROM ids
  )
  INSERT INTO notifications (id, channel, recipient, content, priority, max_attempts, delivery_mode, created_at, updated_at)
  SELECT id, 'sms', '+12', 'x', 'normal', 5, 'at_least_once', now(), now() FROM ids`;

const USE = `
  SELECT relname AS name, seq_tup_read AS read, coalesce(idx_tup_fetch, 0) AS fetched, n_tup_upd AS updated, n_tup_hot_upd AS hot
  FROM pg_stat_user_tables WHERE relname IN ('deliveries', 'notifications', 'status_events_default')`;

type Use = { name: string; read: number; fetched: number; updated: number; hot: number };

function eventsOf(notifications: Accepted[], rows: Map<string, { delivery: Delivery }>, first: number) {
  return notifications.map(({ draft, ...identity }, i) => {
    const row = rows.get(identity.id);
    if (row === undefined) throw new Error('no row');
    return {
      ...statusEvent({ ...draft, ...identity }, row.delivery),
      log_partition: 0,
      log_offset: first + i,
    };
  });
}

/** The happy path of a group, from the request to what clients read. */
async function deliver(db: Database, size: number): Promise<Accepted[]> {
  const notifications = Array.from({ length: size }, () => accepted());
  await acceptGroup(db, groupOf(notifications));
  const claims = await claim(
    db,
    notifications.map(({ id }) => firstClaim(id)),
    LEASE_MS,
  );
  await tell(db, notifications, claims);
  await tell(
    db,
    notifications,
    await settle(
      db,
      notifications.map(({ id }) => delivered(id)),
    ),
  );
  return notifications;
}

async function tell(
  db: Database,
  notifications: Accepted[],
  rows: Map<string, { delivery: Delivery }>,
): Promise<void> {
  const expected = await readProgress(db, STATUS_TOPIC, 0);
  const next = expected + notifications.length;
  await project(
    db,
    STATUS_TOPIC,
    [{ partition: 0, expected, next }],
    eventsOf(notifications, rows, expected),
  );
}

describe('hot statements', () => {
  const test = useDatabase();

  async function useOf(work: (db: Database) => Promise<unknown>, db = test.connect(1)): Promise<Use[]> {
    await flushStatistics(db);
    const before = await test.sql<Use>(USE);
    await work(db);
    await flushStatistics(db);
    const byName = new Map(before.map((use) => [use.name, use]));
    return (await test.sql<Use>(USE)).map(({ name, ...use }) => ({
      name,
      read: use.read - (byName.get(name)?.read ?? 0),
      fetched: use.fetched - (byName.get(name)?.fetched ?? 0),
      updated: use.updated - (byName.get(name)?.updated ?? 0),
      hot: use.hot - (byName.get(name)?.hot ?? 0),
    }));
  }

  it('update rows in place: no index entry is written on the happy path', async () => {
    const uses = await useOf(async (db) => {
      for (let round = 0; round < 20; round += 1) await deliver(db, 100);
    });
    const updates = uses.filter(({ name }) => name !== 'status_events_default');
    for (const { name, updated, hot } of updates) {
      expect(updated, name).to.equal(4_000);
      expect(hot / updated, `share of ${name} updated in place`).to.be.at.least(0.95);
    }
  });

  it('find rows by key among 100 000, also where they were planned when there were none', async () => {
    await test.sql('TRUNCATE deliveries, notifications, status_events, stream_progress, outbox');
    const planned = test.connect(1);
    for (let i = 0; i < 10; i += 1) await everyStatement(planned, 1);
    await test.sql(FILL);
    for (const db of [planned, test.connect(1)])
      for (const size of [1, 100, 500]) {
        const uses = await useOf((connection) => everyStatement(connection, size), db);
        for (const { name, read, fetched } of uses) {
          expect(read, `rows of ${name} read from end to end, group of ${size}`).to.equal(0);
          expect(fetched, `rows of ${name} fetched by key, group of ${size}`).to.be.at.most(
            FETCHES_MAX * size,
          );
        }
      }
  });
});

/** A connection tells what it did to the tables when it is asked to, at the end of its next statement. */
async function flushStatistics(db: Database): Promise<void> {
  await db.query({ name: '', text: 'SELECT pg_stat_force_next_flush()' }, []);
  await db.query({ name: '', text: 'SELECT 1' }, []);
}

async function everyStatement(db: Database, size: number): Promise<void> {
  const notifications = await deliver(db, size);
  const ids = notifications.map(({ id }) => id);
  await adoptForeign(db, [...notifications.slice(1), accepted()]);
  await deliverLate(db, [{ id: ids[0] ?? '', provider: null, provider_message_id: null, duration_ms: null }]);
  await readPublishable(db, ids);
  await getSnapshots(db, ids);
  await getNotification(db, ids[0] ?? '');
  await getTrace(db, ids[0] ?? '');
  await releaseDue(db, accepted().id, 100);
}
