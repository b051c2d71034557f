import { randomUUID } from 'node:crypto';
import { STATUS_TOPIC } from '@fanfare/contracts';
import { expect } from 'chai';
import { accepted, eventOf, groupOf, useDatabase } from './fixture.ts';
import {
  acceptGroup,
  type LogPage,
  type LogPosition,
  type LogScope,
  project,
  readProgress,
  readStatusLog,
  rewindProgress,
} from './index.ts';

type Told = [id: string, status: string, version: number];
const NOWHERE: LogPosition = new Map();
const ALL: LogScope = { kind: 'all' };

describe('the status log', () => {
  const test = useDatabase();
  beforeEach(() => test.sql('TRUNCATE notifications, deliveries, status_events, stream_progress, batches'));

  /** Projects these as the next events of a partition. */
  async function happen(partition: number, told: Told[], batchId: string | null = null): Promise<void> {
    const expected = await readProgress(test.db, STATUS_TOPIC, partition);
    const events = told.map(([id, status, version], index) => ({
      ...eventOf(id, status, version, { batch_id: batchId }),
      log_partition: partition,
      log_offset: expected + index,
    }));
    await project(
      test.db,
      STATUS_TOPIC,
      [{ partition, expected, next: expected + events.length + 1 }],
      events,
    );
  }

  function read(scope: LogScope, after: LogPosition, limit = 100): Promise<LogPage> {
    return readStatusLog(test.db, STATUS_TOPIC, { scope, after, limit });
  }

  it('tells where it ends, and nothing, at first', async () => {
    expect(await read(ALL, NOWHERE, 0)).to.deep.equal({
      states: [],
      position: new Map(),
      isEnd: true,
      logId: '',
    });
    await happen(3, [[randomUUID(), 'queued', 1]]);
    expect(await read(ALL, NOWHERE, 0)).to.deep.include({ states: [], position: new Map([[3, 2]]) });
  });

  it('goes on from any position, page by page, without loss or repeat', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    await happen(0, [
      [a, 'queued', 1],
      [a, 'processing', 12],
      [a, 'delivered', 900_017],
    ]);
    await happen(5, [[b, 'queued', 1]]);
    const first = await read(ALL, NOWHERE, 2);
    expect(shown(first)).to.deep.equal([
      [a, 1],
      [a, 12],
      [b, 1],
    ]);
    expect(first.isEnd).to.equal(false);
    expect(first.position.get(0)).to.equal(2);
    const second = await read(ALL, first.position, 2);
    expect(shown(second)).to.deep.equal([[a, 900_017]]);
    expect([second.isEnd, ...second.position]).to.deep.equal([true, [0, 4], [5, 2]]);
    expect(shown(await read(ALL, second.position, 2))).to.be.empty;
  });

  it('leaves out what came after a newer state of the same notification, also from a page that begins there', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    await happen(0, [
      [a, 'delivered', 900_017],
      [a, 'processing', 12],
      [b, 'queued', 1],
      [a, 'queued', 1_000_001],
    ]);
    for (const from of [0, 1])
      expect(shown(await read(ALL, new Map([[0, from]]))).slice(from === 0 ? 1 : 0)).to.deep.equal([
        [b, 1],
        [a, 1_000_001],
      ]);
  });

  it('says that it is another log once a partition was made anew', async () => {
    await happen(0, [[randomUUID(), 'queued', 1]]);
    await rewindProgress(test.db, STATUS_TOPIC, { partition: 0, expected: 2, next: 0 });
    const { logId } = await read(ALL, NOWHERE);
    expect(logId).to.match(/^0:/);
    await happen(0, [[randomUUID(), 'queued', 1]]);
    expect((await read(ALL, NOWHERE)).logId).to.equal(logId);
  });

  it('reads of one notification, or of a batch, alone', async () => {
    const batchId = randomUUID();
    const members = [accepted({}, { batch_id: batchId }), accepted({}, { batch_id: batchId })];
    const [a = '', b = ''] = members.map(({ id }) => id);
    await acceptGroup(
      test.db,
      groupOf(members, { batch: { id: batchId, size: 2, metadata: null, correlation_id: null } }),
    );
    const other = randomUUID();
    await happen(0, [
      [a, 'queued', 1],
      [other, 'queued', 1],
      [a, 'processing', 12],
    ]);
    await happen(1, [[b, 'queued', 1]]);
    expect(shown(await read({ kind: 'batch_id', id: batchId }, NOWHERE))).to.deep.equal([
      [a, 1],
      [a, 12],
      [b, 1],
    ]);
    const page = await read({ kind: 'notification_id', id: a }, new Map([[0, 1]]));
    expect(shown(page)).to.deep.equal([[a, 12]]);
    expect([...page.position]).to.deep.equal([
      [0, 4],
      [1, 2],
    ]);
  });

  it('reads a page by index, planned while there was nothing', async () => {
    const batchId = randomUUID();
    const db = test.connect(1);
    const from: LogPosition = new Map([
      [0, 0],
      [1, 0],
    ]);
    const scopes: LogScope[] = [ALL, { kind: 'batch_id', id: batchId }];
    for (const scope of scopes) await readStatusLog(db, STATUS_TOPIC, { scope, after: NOWHERE, limit: 100 });
    await test.sql(FILL, [batchId]);
    await test.sql(`INSERT INTO stream_progress (topic, partition, next_offset) VALUES ('${STATUS_TOPIC}', 0, 50000),
      ('${STATUS_TOPIC}', 1, 50000)`);
    for (const [scope, rows] of [
      [scopes[0] ?? ALL, 200],
      [scopes[1] ?? ALL, 100],
    ] as const) {
      await flushStatistics(db);
      const before = await test.sql<Use>(USE);
      const page = await readStatusLog(db, STATUS_TOPIC, { scope, after: from, limit: 100 });
      expect(page.states).to.have.length(rows);
      await flushStatistics(db);
      for (const [index, use] of (await test.sql<Use>(USE)).entries()) {
        expect(use.read - (before[index]?.read ?? 0), `rows of ${use.name} read from end to end`).to.equal(0);
        // Each event, and whether there is a newer one.
        expect(use.fetched - (before[index]?.fetched ?? 0), use.name).to.be.at.most(4 * rows);
      }
    }
    await db.close();
  });
});

const shown = ({ states }: LogPage) =>
  states.map(({ notification_id, version }) => [notification_id, version]);

/** 100 000 events in two partitions, of which a batch has 100. */
const FILL = `
  WITH ids AS (SELECT gen_random_uuid() AS id, i FROM generate_series(0, 99999) AS i),
  filled AS (
    INSERT INTO status_events (notification_id, version, at, log_partition, log_offset, status, cycle, attempt,
      max_attempts, channel, priority)
    SELECT id, 1, now(), i % 2, i / 2, 'queued', 0, 1, 5, 'sms', 'normal' FROM ids
  )
  INSERT INTO notifications (id, batch_id, channel, recipient, content, priority, max_attempts, delivery_mode,
    created_at, updated_at)
  SELECT id, CASE WHEN i % 1000 = 0 THEN $1::uuid END, 'sms', '+12', 'x', 'normal', 5, 'at_least_once', now(), now()
  FROM ids`;

type Use = { name: string; read: number; fetched: number };
const USE = `
  SELECT relname AS name, seq_tup_read AS read, coalesce(idx_tup_fetch, 0) AS fetched FROM pg_stat_user_tables
  WHERE relname IN ('notifications', 'status_events_default') ORDER BY relname`;

/** A connection tells what it did to the tables when it is asked to, at the end of its next statement. */
async function flushStatistics(db: ReturnType<ReturnType<typeof useDatabase>['connect']>): Promise<void> {
  await db.query({ name: '', text: 'SELECT pg_stat_force_next_flush()' }, []);
  await db.query({ name: '', text: 'SELECT 1' }, []);
}
