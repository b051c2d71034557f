import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { CHANNELS, PRIORITIES, STATUSES } from '@fanfare/contracts';
import { expect } from 'chai';
import { ANY, useDatabase } from './fixture.ts';
import {
  type Database,
  type ListFilter,
  type ListPosition,
  listNotifications,
  type ListWalk,
} from './index.ts';

/** Ids in the order that a walk meets them. */
async function walk(
  db: Database,
  filter: Partial<ListFilter>,
  { towards, limit }: Pick<ListWalk, 'towards' | 'limit'>,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
  const met: string[] = [];
  let from: ListPosition | null = null;
  do {
    const { items, end }: Awaited<ReturnType<typeof listNotifications>> = await listNotifications(
      db,
      { ...ANY, ...filter },
      { towards, from, limit },
    );
    met.push(...(towards === 'older' ? items : items.toReversed()).map(({ id }) => id));
    from = end;
    await between();
  } while (from !== null);
  return met;
}

/** Notifications without going through the doors: everything a list can be filtered by, and how many a millisecond. */
const FILL = `
  INSERT INTO notifications (id, batch_id, template_id, correlation_id, channel, priority, created_at, updated_at,
    status, recipient, content, max_attempts, delivery_mode)
  SELECT gen_random_uuid(), b.id, t.id, CASE WHEN i % 4 = 0 THEN 'shared' ELSE 'c-' || i / 10 END,
    ($2::text[])[1 + i * 7 % 3], ($3::text[])[1 + i * 5 % 11 % 3], at, at,
    'pending', '+12', 'x', 5, 'at_least_once'
  FROM generate_series(0, $1 - 1) AS i
    CROSS JOIN LATERAL (SELECT timestamptz '2030-01-01' + i / 5 * interval '1 millisecond' AS at) AS a
    LEFT JOIN LATERAL (SELECT ($4::uuid[])[1 + i / 40 % 3] AS id WHERE i % 3 = 0) AS b ON true
    LEFT JOIN LATERAL (SELECT ($4::uuid[])[4 + i % 2] AS id WHERE i % 6 < 2) AS t ON true`;
const FIRST_MS = Date.parse('2030-01-01T00:00:00Z');

describe('lists of notifications', () => {
  const test = useDatabase();
  const ids = Array.from({ length: 5 }, () => randomUUID());
  const [batch_id = null, , , template_id = null] = ids;

  const fill = (count: number) => test.sql(FILL, [count, CHANNELS, PRIORITIES, ids]);

  describe('by every filter', () => {
    type Row = Record<string, unknown> & { id: string; created_at: number };
    let rows: Row[] = [];

    before(async () => {
      await test.sql('TRUNCATE notifications, status_lists');
      await fill(1_000);
      // Ids that producers chose, so at the same moment in any order, and states of every kind.
      await test.sql(
        `UPDATE notifications SET status = ($1::text[])[1 + abs(hashtext(id::text)) % 8] WHERE abs(hashtext(id::text)) % 10 > 3`,
        [STATUSES],
      );
      rows = await test.sql<Row>('SELECT * FROM notifications ORDER BY created_at DESC, id DESC');
    });

    const filters: Partial<ListFilter>[] = [
      {},
      ...STATUSES.flatMap((status) => [
        { status },
        { status, channel: 'push' as const },
        { status, priority: 'low' as const },
        { status, batch_id },
        { status, template_id, correlation_id: 'shared' },
      ]),
      ...CHANNELS.flatMap((channel) => [
        { channel },
        ...PRIORITIES.map((priority) => ({ channel, priority })),
        { channel, batch_id },
        { channel, template_id },
        { channel, correlation_id: 'shared' },
      ]),
      ...PRIORITIES.flatMap((priority) => [{ priority }, { priority, batch_id }]),
      { batch_id, template_id },
      { batch_id: randomUUID() },
      { template_id },
      { correlation_id: 'shared' },
      { correlation_id: 'c-7' },
      { created_after: FIRST_MS + 100 },
      { created_before: FIRST_MS + 100 },
      { created_after: FIRST_MS + 100, created_before: FIRST_MS + 101 },
      { created_after: FIRST_MS + 101, created_before: FIRST_MS + 180, status: 'failed', channel: 'sms' },
    ];
    for (const filter of filters)
      it(
        JSON.stringify(
          Object.fromEntries(Object.entries(filter).map(([key, value]) => [key, `${value}`.slice(0, 8)])),
        ),
        async () => {
          const { created_after = null, created_before = null, ...equal } = filter;
          const expected = rows
            .filter((row) => Object.entries(equal).every(([field, value]) => row[field] === value))
            .filter(({ created_at }) => created_after === null || created_at >= created_after)
            .filter(({ created_at }) => created_before === null || created_at < created_before)
            .map(({ id }) => id);
          for (const limit of [7, 200]) {
            expect(await walk(test.db, filter, { towards: 'older', limit })).to.deep.equal(expected);
            expect(await walk(test.db, filter, { towards: 'newer', limit })).to.deep.equal(
              expected.toReversed(),
            );
          }
        },
      );
  });

  describe('from end to end', () => {
    it('meets each of 100 000 once, in either direction, while others arrive and change', async () => {
      await test.sql('TRUNCATE notifications, status_lists');
      await fill(100_000);
      const before = await test.sql<{ id: string }>(
        'SELECT id FROM notifications ORDER BY created_at DESC, id DESC',
      );
      const expected = before.map(({ id }) => id);
      const arrive = () =>
        test.sql(
          `INSERT INTO notifications (id, channel, priority, created_at, updated_at, recipient, content, max_attempts, delivery_mode)
         SELECT $1, 'sms', 'normal', max(created_at) + interval '1 millisecond', now(), '+12', 'x', 5, 'at_least_once'
         FROM notifications WHERE channel = 'sms' AND priority = 'normal'`,
          [randomUUIDv7()],
        );
      const change = () =>
        test.sql(`UPDATE notifications SET status = 'queued' WHERE id = $1`, [
          expected[Math.floor(Math.random() * expected.length)],
        ]);
      const disturb = () => Promise.all([arrive(), change()]);
      const older = await walk(test.db, {}, { towards: 'older', limit: 200 }, disturb);
      expect(older).to.deep.equal(expected);
      // Those that arrived are newer, and come last.
      const newer = await walk(test.db, {}, { towards: 'newer', limit: 200 }, disturb);
      expect(newer.slice(0, expected.length)).to.deep.equal(expected.toReversed());
      expect(new Set(newer).size)
        .to.equal(newer.length)
        .and.to.be.greaterThan(expected.length + 500);
    });

    it('passes over what no index finds, page by page: a page may be short, and still the walk meets all', async () => {
      const few = await test.sql<{ id: string }>(
        `UPDATE notifications SET status = 'failed' WHERE id IN (
           SELECT id FROM notifications WHERE correlation_id = 'shared' AND abs(hashtext(id::text)) % 5000 = 0)
         RETURNING id`,
      );
      const filter = { correlation_id: 'shared', status: 'failed' } as const;
      const order = await test.sql<{ id: string }>(
        'SELECT id FROM notifications WHERE id = ANY ($1) ORDER BY created_at DESC, id DESC',
        [few.map(({ id }) => id)],
      );
      const expected = order.map(({ id }) => id);
      expect(expected).to.not.be.empty;
      expect(await walk(test.db, filter, { towards: 'older', limit: 50 })).to.deep.equal(expected);
      expect(await walk(test.db, filter, { towards: 'newer', limit: 50 })).to.deep.equal(
        expected.toReversed(),
      );
      const first = await listNotifications(
        test.db,
        { ...ANY, ...filter },
        { towards: 'older', from: null, limit: 200 },
      );
      expect(first.items.length).to.be.lessThan(expected.length);
      expect(first.end).to.not.equal(null);
    });
  });
});
