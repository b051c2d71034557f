import { STATUS_TOPIC } from '@fanfare/contracts';
import { type Delivery, type DeliveryState, statusEvent } from '@fanfare/domain';
import { expect } from 'chai';
import { accepted, freshRow, groupOf, shuffled, useDatabase } from './fixture.ts';
import {
  type Accepted,
  acceptGroup,
  type Database,
  getNotification,
  getTrace,
  type LoggedEvent,
  type Move,
  project,
  type Projected,
  readProgress,
  rewindProgress,
} from './index.ts';

const AT = Date.parse('2030-01-31T09:00:00.123Z');

/** The rows that a notification goes through when its first attempt fails and its second succeeds. */
function journeyOf(notification: Accepted): Delivery[] {
  const start = freshRow(notification, AT);
  const tried = { ...start, attempt: 1, fence: 1, started_at: AT + 10 };
  const again = { ...start, attempt: 2, fence: 2, started_at: AT + 5_000 };
  const sent = { provider: 'acme', provider_message_id: 'm-1', duration_ms: 20, outcome: 'accepted' };
  return [
    start,
    { ...tried, state: 'processing', at: AT + 10 },
    {
      ...tried,
      state: 'retrying',
      at: AT + 30,
      due_at: AT + 4_000,
      outcome: 'unknown',
      reason: 'HTTP timeout',
    },
    { ...again, state: 'processing', at: AT + 5_000 },
    { ...again, ...sent, state: 'delivered', at: AT + 5_020 },
  ];
}

function eventOf(
  { draft, ...identity }: Accepted,
  row: Delivery,
  offset: number,
  partition = 0,
): LoggedEvent {
  return { ...statusEvent({ ...draft, ...identity }, row), log_partition: partition, log_offset: offset };
}

function logOf(notification: Accepted, partition = 0, first = 0): LoggedEvent[] {
  return journeyOf(notification).map((row, i) => eventOf(notification, row, first + i, partition));
}

/** No other plan is left than one that reads the table as it lies. */
const HASH_JOIN = `DO $$ BEGIN
  SET enable_seqscan = on; SET enable_indexscan = off; SET enable_bitmapscan = off;
  SET enable_nestloop = off; SET enable_mergejoin = off;
END $$`;

const say = (db: Database, text: string) => db.query({ name: '', text }, []);

describe('projection', () => {
  const test = useDatabase();
  beforeEach(() => test.sql('TRUNCATE deliveries, notifications, status_events, stream_progress'));

  async function stored(): Promise<Accepted> {
    const notification = accepted({}, { correlation_id: 'c', source: 'billing' });
    await acceptGroup(test.db, groupOf([notification]));
    return notification;
  }

  /** Projects as the projector does: from where it stands to after the last event. */
  async function projectNext(events: LoggedEvent[], partition = 0): Promise<Projected> {
    const expected = await readProgress(test.db, STATUS_TOPIC, partition);
    const next = Math.max(...events.map(({ log_offset }) => log_offset)) + 1;
    return project(test.db, STATUS_TOPIC, [{ partition, expected, next }], events);
  }

  /** What does not differ between two notifications that went through the same. */
  async function shown({ id }: Accepted): Promise<unknown> {
    const { id: _, created_at: __, ...resource } = Object(await getNotification(test.db, id));
    const trace = await getTrace(test.db, id);
    return { resource, trace: trace.map(({ event, details }) => ({ event, details })) };
  }

  it('shows a notification as its newest event has it', async () => {
    const notification = await stored();
    const [queued, processing, retrying, again, done] = logOf(notification);
    const seen: unknown[] = [];
    for (const event of [queued, processing, retrying, again, done]) {
      await projectNext(event === undefined ? [] : [event]);
      const resource = await getNotification(test.db, notification.id);
      seen.push([resource?.status, resource?.attempts, resource?.next_retry_at, resource?.failure_reason]);
    }
    expect(seen).to.deep.equal([
      ['queued', 0, null, null],
      ['processing', 1, null, null],
      ['retrying', 1, '2030-01-31T09:00:04.123Z', 'HTTP timeout'],
      ['processing', 2, null, null],
      ['delivered', 2, null, null],
    ]);
    expect(await getNotification(test.db, notification.id)).to.include({
      updated_at: '2030-01-31T09:00:05.143Z',
      delivered_at: '2030-01-31T09:00:05.143Z',
      last_attempted_at: '2030-01-31T09:00:05.123Z',
      failed_at: null,
      cancelled_at: null,
      provider: 'acme',
      provider_message_id: 'm-1',
    });
  });

  const ENDS: [DeliveryState, string][] = [
    ['failed', 'failed_at'],
    ['cancelled', 'cancelled_at'],
    ['delivered', 'delivered_at'],
  ];
  for (const [state, field] of ENDS)
    it(`keeps when one was ${state}, until a redrive opens it again`, async () => {
      const notification = await stored();
      const end = { ...freshRow(notification, AT), state, started_at: AT - 7 };
      await projectNext([eventOf(notification, end, 0)]);
      expect(await getNotification(test.db, notification.id)).to.include({
        status: state,
        [field]: '2030-01-31T09:00:00.123Z',
      });
      await projectNext([eventOf(notification, { ...freshRow(notification, AT + 1), cycle: 1 }, 1)]);
      expect(await getNotification(test.db, notification.id)).to.include({
        status: 'queued',
        [field]: null,
        last_attempted_at: '2030-01-31T09:00:00.116Z',
      });
    });

  it('comes to the same in whatever order the events come, and stays there when they come again', async () => {
    const [reference, ...others] = await Promise.all(Array.from({ length: 13 }, () => stored()));
    if (reference === undefined) throw new Error('no notification');
    for (const event of logOf(reference)) await projectNext([event]);
    const expected = await shown(reference);
    for (const [seed, notification] of others.entries()) {
      const start = 100 * (seed + 1);
      const arrivals = shuffled(logOf(notification), seed).map((event, i) => ({
        ...event,
        log_offset: start + i,
      }));
      const size = (seed % 5) + 1;
      for (let i = 0; i < arrivals.length; i += size) await projectNext(arrivals.slice(i, i + size));
      expect(await shown(notification), `groups of ${size}, seed ${seed}`).to.deep.equal(expected);
      for (const [i, event] of arrivals.entries())
        await projectNext([{ ...event, log_offset: start + 50 + i }]);
      expect(await shown(notification), 'told again').to.deep.equal(expected);
    }
  });

  it('tells which events were new: the first of a kind, once', async () => {
    const notification = await stored();
    const [first, second, third] = logOf(notification);
    if (first === undefined || second === undefined || third === undefined) throw new Error('unreachable');
    const same = { ...second, log_offset: 2 };
    const { traced } = await projectNext([first, second, same]);
    expect(traced).to.deep.equal(new Set(['0:0', '0:1']));
    const again = await projectNext([
      { ...first, log_offset: 3 },
      { ...third, log_offset: 4 },
    ]);
    expect(again.traced).to.deep.equal(new Set(['0:4']));
  });

  it('changes nothing of a partition whose position is another, and all of the others', async () => {
    const [moved, behind] = [await stored(), await stored()];
    const topic = STATUS_TOPIC;
    await Promise.all([0, 1].map((partition) => readProgress(test.db, topic, partition)));
    await rewindProgress(test.db, topic, { partition: 1, expected: 0, next: 7 });
    const events = [...logOf(moved, 0), ...logOf(behind, 1)];
    const moves: Move[] = [
      { partition: 1, expected: 0, next: 5 },
      { partition: 0, expected: 0, next: 5 },
      { partition: 2, expected: 0, next: 5 },
    ];
    const projected = await project(test.db, topic, moves, shuffled(events, 1));
    expect(projected).to.deep.equal({ moved: [0], traced: new Set(['0:0', '0:1', '0:2', '0:3', '0:4']) });
    expect(await getNotification(test.db, behind.id)).to.have.property('status', 'pending');
    expect(await getTrace(test.db, behind.id)).to.have.length(1);
    expect(await readProgress(test.db, topic, 0)).to.equal(5);
    expect(await readProgress(test.db, topic, 1)).to.equal(7);
    expect(await readProgress(test.db, topic, 2)).to.equal(0);
  });

  it('lets one of several projectors of the same events win, without a deadlock', async () => {
    const partitions = [0, 1, 2, 3];
    await Promise.all(partitions.map((partition) => readProgress(test.db, STATUS_TOPIC, partition)));
    const round = async (db: Database, first: number): Promise<void> => {
      const notifications = await Promise.all(Array.from({ length: 20 }, () => stored()));
      const events = notifications.flatMap((one, i) => logOf(one, i % 4, first + 10 * i));
      const moves = partitions.map((partition) => ({ partition, expected: first, next: first + 1_000 }));
      const seeds = Array.from({ length: 6 }, (_, i) => first + i);
      const all = await Promise.all(
        seeds.map((seed) => project(db, STATUS_TOPIC, shuffled(moves, seed), shuffled(events, seed))),
      );
      expect(all.flatMap(({ moved }) => moved)).to.have.members(partitions);
      expect(all.flatMap(({ traced }) => [...traced])).to.have.length(100);
      for (const { id } of notifications)
        expect(await getNotification(test.db, id)).to.have.property('status', 'delivered');
    };
    const deadlocks = await test.deadlocksOf(6, async (db) => {
      for (let i = 0; i < 10; i += 1) await round(db, 1_000 * i);
    });
    expect(deadlocks).to.equal(0);
  });

  it('locks notifications in the order of their ids, whatever the plan', async () => {
    const notifications = Array.from({ length: 12 }, () => accepted());
    for (const one of shuffled(notifications, 1)) await acceptGroup(test.db, groupOf([one]));
    const events = shuffled(notifications, 2).map((one, i) => eventOf(one, freshRow(one, AT), i));
    const ids = notifications.map(({ id }) => id).toSorted();
    const [holder, projector] = [test.connect(1), test.connect(1)];
    // The usual plan happens to meet them in that order; this one meets them as they lie in the table.
    await say(projector, HASH_JOIN);
    await say(holder, 'BEGIN');
    await say(holder, `SELECT FROM notifications WHERE id = '${ids[5]}' FOR UPDATE`);
    await readProgress(test.db, STATUS_TOPIC, 0);
    const projecting = project(projector, STATUS_TOPIC, [{ partition: 0, expected: 0, next: 12 }], events);
    const isBlocked = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    while ((await test.sql(isBlocked)).length === 0) continue;
    const free = await test.sql('SELECT id FROM notifications ORDER BY id FOR UPDATE SKIP LOCKED');
    await say(holder, 'COMMIT');
    expect((await projecting).moved).to.deep.equal([0]);
    expect(free).to.deep.equal(ids.slice(6).map((id) => ({ id })));
  });

  it('keeps the trace of a notification that is not here, for it may have been removed', async () => {
    const removed = accepted();
    await projectNext(logOf(removed));
    expect(await getNotification(test.db, removed.id)).to.equal(null);
    expect(await test.sql('SELECT version FROM status_events')).to.have.length(5);
  });

  it('stores nothing of a batch with an event that cannot be stored, and stays where it is', async () => {
    const notification = await stored();
    const [good, bad] = logOf(notification);
    if (good === undefined || bad === undefined) throw new Error('unreachable');
    const spoilt = [good, { ...bad, reason: 'a\0b' }];
    expect(await projectNext(spoilt).catch((error: unknown) => error)).to.have.property(
      'code',
      'row_refused',
    );
    expect(await readProgress(test.db, STATUS_TOPIC, 0)).to.equal(0);
    expect(await getTrace(test.db, notification.id)).to.have.length(1);
  });

  it('moves a position over what holds no events, and back only from where it is', async () => {
    const move = { partition: 3, expected: 0, next: 40 };
    expect(await readProgress(test.db, STATUS_TOPIC, 3)).to.equal(0);
    expect(await project(test.db, STATUS_TOPIC, [move], [])).to.deep.equal({ moved: [3], traced: new Set() });
    expect(await project(test.db, STATUS_TOPIC, [move], [])).to.deep.equal({ moved: [], traced: new Set() });
    await rewindProgress(test.db, STATUS_TOPIC, { partition: 3, expected: 39, next: 0 });
    expect(await readProgress(test.db, STATUS_TOPIC, 3)).to.equal(40);
    await rewindProgress(test.db, STATUS_TOPIC, { partition: 3, expected: 40, next: 2 ** 40 });
    expect(await readProgress(test.db, STATUS_TOPIC, 3)).to.equal(2 ** 40);
  });

  it('keeps to itself that its commit need not wait for the disk', async () => {
    const only = test.connect(1);
    const asked = 'SHOW synchronous_commit';
    const before = await say(only, asked);
    await readProgress(only, STATUS_TOPIC, 0);
    await project(only, STATUS_TOPIC, [{ partition: 0, expected: 0, next: 1 }], []);
    expect(await say(only, asked)).to.deep.equal(before);
    expect(before).to.deep.equal([{ synchronous_commit: 'on' }]);
  });

  it('starts a position once, however many ask for it at once', async () => {
    const many = test.connect(10);
    for (let partition = 0; partition < 10; partition += 1) {
      const ask = () => readProgress(many, STATUS_TOPIC, partition);
      expect(await Promise.all(Array.from({ length: 10 }, ask))).to.deep.equal(
        Array.from({ length: 10 }, () => 0),
      );
    }
  });

  it('keeps times to the millisecond, up to the last one that a client can say', async () => {
    const last = Date.parse('9999-12-31T23:59:59.999Z');
    const times = Array.from({ length: 1_000 }, (_, i) => Math.floor((last * (i + 1)) / 1_000));
    const notification = accepted();
    const rows = times.map((at, fence) => ({ ...freshRow(notification, at), fence, started_at: at - 1 }));
    await projectNext(rows.map((row, i) => eventOf(notification, row, i)));
    const kept = await test.sql('SELECT at, started_at FROM status_events ORDER BY version');
    expect(kept).to.deep.equal(times.map((at) => ({ at, started_at: at - 1 })));
  });
});
