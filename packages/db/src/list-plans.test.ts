import { randomUUID } from 'node:crypto';
import { CHANNELS, PRIORITIES, STATUSES } from '@fanfare/contracts';
import { expect } from 'chai';
import { ANY, useDatabase } from './fixture.ts';
import { type Database, type ListFilter, listNotifications, type ListWalk, type Statement } from './index.ts';

const LIMIT = 50;
const ROWS = 60_000;
/** The page and one more; of each lane, or list, that it is merged from the first row besides. */
const READ_MAX = LIMIT + 1 + 2 * CHANNELS.length * PRIORITIES.length;
/** All of a batch are read, to put them in order. */
const BATCH_SIZE = 1_000;

/** One in 2000 has a status or a priority of its own, one in 20 000 is of a channel of its own; the rest is alike. */
const FILL = `
  INSERT INTO notifications (id, batch_id, template_id, correlation_id, channel, priority, created_at, updated_at,
    status, recipient, content, max_attempts, delivery_mode)
  SELECT gen_random_uuid(), CASE WHEN i < ${BATCH_SIZE} THEN $1::uuid END, CASE WHEN i % 3 = 0 THEN $2::uuid END,
    CASE WHEN i % 2 = 0 THEN 'shared' ELSE gen_random_uuid()::text END,
    CASE WHEN i % 20000 = 7 THEN 'push' WHEN i % 2 = 0 THEN 'sms' ELSE 'email' END,
    CASE WHEN i % 2000 = 1 THEN 'low' ELSE 'normal' END,
    timestamptz '2026-01-01' + i * interval '3 milliseconds', now(), 'pending', '+12', 'x', 5, 'at_least_once'
  FROM generate_series(0, ${ROWS - 1}) AS i`;

type Node = {
  'Node Type': string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Relation Name'?: string;
  Plans?: Node[];
};

/** What of a plan read rows, and was executed. */
function scans(node: Node): Node[] {
  const own = node['Relation Name'] !== undefined && (node['Actual Loops'] ?? 0) > 0 ? [node] : [];
  return [...own, ...(node.Plans ?? []).flatMap(scans)];
}

function rowsRead(node: Node): number {
  const { 'Actual Rows': rows = 0, 'Rows Removed by Filter': removed = 0, 'Actual Loops': loops = 1 } = node;
  return (rows + removed) * loops;
}

/** How a page is read, by a statement prepared while there were no rows. */
async function planOf(db: Database, filter: Partial<ListFilter>, walk: ListWalk): Promise<Node> {
  const asked: { statement: Statement; values: unknown[] }[] = [];
  const spy: Database = {
    ...db,
    query: (statement, values) => {
      asked.push({ statement, values });
      return Promise.resolve([]);
    },
  };
  await listNotifications(spy, { ...ANY, ...filter }, walk);
  const [{ statement, values } = { statement: { name: '', text: '' }, values: [] }] = asked;
  await db.query({ name: '', text: `DEALLOCATE ALL` }, []);
  await db.query({ name: '', text: `PREPARE listing AS ${statement.text}` }, []);
  const explain = `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE listing(${values.map(literal).join(', ')})`;
  const [row] = await db.query<{ 'QUERY PLAN': { Plan: Node }[] }>({ name: '', text: explain }, []);
  const plan = row?.['QUERY PLAN'][0]?.Plan;
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

describe('plans of lists', () => {
  const test = useDatabase();
  const [batch_id, template_id] = [randomUUID(), randomUUID()];

  const rare: Partial<ListFilter>[] = [
    {},
    ...STATUSES.map((status) => ({ status })),
    ...CHANNELS.map((channel) => ({ channel })),
    ...PRIORITIES.map((priority) => ({ priority })),
    { template_id },
    { correlation_id: 'shared' },
    { created_after: Date.parse('2026-01-01T00:01:00Z') },
    { created_before: Date.parse('2026-01-01T00:01:00Z') },
  ];
  const filters = rare.flatMap((filter) => [
    filter,
    { ...filter, channel: filter.channel ?? ('push' as const) },
  ]);
  const withBatch = [{ batch_id }, ...rare.map((filter) => ({ ...filter, batch_id }))];

  /** Delivered all but a few of each other status, and swept. */
  async function settle(): Promise<void> {
    await test.sql(
      `UPDATE notifications SET status = 'delivered' WHERE extract(milliseconds FROM created_at)::integer % 2000 <> 3`,
    );
    await test.sql(
      `
      WITH few AS (SELECT id, row_number() OVER (ORDER BY created_at) AS i FROM notifications WHERE status = 'pending')
      UPDATE notifications n SET status = ($1::text[])[1 + few.i % 8] FROM few WHERE few.id = n.id`,
      [STATUSES],
    );
    await test.sql(`INSERT INTO status_lists SELECT id, status, channel, priority, created_at FROM notifications
      WHERE status <> 'delivered' ON CONFLICT DO NOTHING`);
    await test.sql(`DELETE FROM status_lists WHERE status = 'delivered'`);
  }

  for (const statistics of ['of empty tables', 'as they are'])
    describe(`with statistics ${statistics}`, () => {
      before(async () => {
        await test.sql('TRUNCATE notifications, status_lists');
        if (statistics === 'of empty tables') await test.sql('ANALYZE notifications, status_lists');
        await test.sql('ALTER TABLE notifications SET (autovacuum_enabled = off)');
        await test.sql('ALTER TABLE status_lists SET (autovacuum_enabled = off)');
        await test.sql(FILL, [batch_id, template_id]);
        await settle();
        if (statistics === 'as they are') await test.sql('ANALYZE notifications, status_lists');
      });

      for (const filter of [...filters, ...withBatch])
        it(`${tell(filter)}: by index, and no more than the page`, async () => {
          const db = test.connect(1);
          const middle = { created_at: Date.parse('2026-01-01T00:01:30Z'), id: randomUUID() };
          for (const walk of [
            { towards: 'older', from: null, limit: LIMIT },
            { towards: 'older', from: middle, limit: LIMIT },
            { towards: 'newer', from: middle, limit: LIMIT },
          ] as const) {
            const read = scans(await planOf(db, filter, walk));
            const isOfBatch = 'batch_id' in filter;
            for (const { 'Node Type': type } of read)
              expect(type).to.match(isOfBatch ? /^(Index|Bitmap Heap) Scan$/ : /^Index (Only )?Scan$/);
            const rows = read.reduce((sum, node) => sum + rowsRead(node), 0);
            // A list's ids and then its notifications; and an empty page is looked for twice.
            expect(rows).to.be.at.most(isOfBatch ? 2 * BATCH_SIZE : 2 * READ_MAX);
          }
          await db.close();
        });
    });
});

function tell(filter: Partial<ListFilter>): string {
  const pairs = Object.entries(filter).map(([key, value]) => `${key}=${`${value}`.slice(0, 8)}`);
  return pairs.join(' and ') || 'no filter';
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `ARRAY[${value.map(literal).join(', ')}]`;
  return value === null
    ? 'NULL'
    : `'${typeof value === 'number' ? value : JSON.stringify(value).slice(1, -1)}'`;
}
