import {
  type Channel,
  CHANNELS,
  type NotificationResource,
  PRIORITIES,
  type Priority,
  type Status,
} from '@fanfare/contracts';
import { fromMs } from './accept.ts';
import type { Database, Statement } from './connect.ts';
import { NOTIFICATION_COLUMNS, type NotificationRow, resourceOf } from './notifications.ts';

/** Which notifications are meant; null is any. Times are epoch milliseconds, `after` included, `before` not. */
export type ListFilter = {
  status: Status | null;
  channel: Channel | null;
  priority: Priority | null;
  batch_id: string | null;
  template_id: string | null;
  correlation_id: string | null;
  created_after: number | null;
  created_before: number | null;
};

/** A place in the order of all notifications, which is that of their creation, and of their ids where that is the same. */
export type ListPosition = { created_at: number; id: string };

/** From a position, itself left out, towards older or newer notifications; null is the newest or the oldest of all. */
export type ListWalk = { towards: 'older' | 'newer'; from: ListPosition | null; limit: number };

export type ListPage = {
  /** The newest first, whichever way the walk goes. */
  items: NotificationResource[];
  /** Where the walk goes on; null when nothing lies there. */
  end: ListPosition | null;
};

/**
 * A page of notifications. It reads at most {@link EXAMINED_MAX} of them: where a combination of filters is so rare that
 * no index finds it, a page has fewer than the limit, or none, and the walk goes on all the same.
 */
export async function listNotifications(db: Database, filter: ListFilter, walk: ListWalk): Promise<ListPage> {
  const statement = STATEMENTS[walk.towards][pathOf(filter)];
  const rows = await db.query<ListedRow>(statement, [...filterValues(filter), ...boundsOf(filter, walk)]);
  const found = rows.flatMap(({ is_edge, ...row }) => (is_edge ? [] : [row]));
  const page = found.slice(0, walk.limit);
  const end = found.length > walk.limit ? page.at(-1) : rows.find(({ is_edge }) => is_edge);
  const items = page.map(resourceOf);
  return {
    items: walk.towards === 'older' ? items : items.toReversed(),
    end: end === undefined ? null : { created_at: end.created_at, id: end.id },
  };
}

type ListedRow = NotificationRow & { is_edge: boolean };

/** 5 to 30 ms of reading, as they lie together or not. */
const EXAMINED_MAX = 2_000;

/** The index that a list is read from: the one that leaves the fewest rows to look through. */
type Path = 'batch' | 'correlation' | 'template' | 'status' | 'lanes';

function pathOf({ batch_id, correlation_id, template_id, status }: ListFilter): Path {
  if (batch_id !== null) return 'batch';
  if (correlation_id !== null) return 'correlation';
  if (template_id !== null) return 'template';
  // Most are delivered.
  return status === null || status === 'delivered' ? 'lanes' : 'status';
}

function filterValues({
  status,
  channel,
  priority,
  batch_id,
  template_id,
  correlation_id,
}: ListFilter): unknown[] {
  const channels = channel === null ? CHANNELS : [channel];
  const priorities = priority === null ? PRIORITIES : [priority];
  return [status, channels, priorities, batch_id, template_id, correlation_id];
}

const UUID_MIN = '00000000-0000-0000-0000-000000000000';
const UUID_MAX = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Two positions between which the page lies, both left out. A null time is that of the one end or the other. */
function boundsOf(
  { created_after, created_before }: ListFilter,
  { towards, from, limit }: ListWalk,
): unknown[] {
  // After the last position of the millisecond before.
  const low = [created_after === null ? null : created_after - 1, UUID_MAX];
  const high = [created_before, UUID_MIN];
  const here = from === null ? null : [from.created_at, from.id];
  const bounds = towards === 'older' ? [low, here ?? high] : [here ?? low, high];
  // One more than asked for tells whether there are more.
  return [...bounds.flat(), limit + 1, EXAMINED_MAX];
}

type Order = 'DESC' | 'ASC';

const inRange = (low: string): string => `
  (created_at, id) > ${low}
  AND (created_at, id) < (coalesce(${fromMs('$9::bigint')}, 'infinity'), $10::uuid)`;
const LOW = `coalesce(${fromMs('$7::bigint')}, '-infinity')`;
const RANGE = inRange(`(${LOW}, $8::uuid)`);

const MATCHES = `($1::text IS NULL OR e.status = $1) AND e.channel = ANY ($2::text[]) AND e.priority = ANY ($3::text[])
  AND ($4::uuid IS NULL OR e.batch_id = $4) AND ($5::uuid IS NULL OR e.template_id = $5)
  AND ($6::text IS NULL OR e.correlation_id = $6)`;

/** What is read of a channel or lane, which is nothing unless it is asked for: that is looked at once, before any row. */
const ofChannel = (channel: Channel): string => `channel = '${channel}' AND '${channel}' = ANY ($2::text[])`;
const ofLane = (channel: Channel, priority: Priority): string =>
  `${ofChannel(channel)} AND priority = '${priority}' AND '${priority}' = ANY ($3::text[])`;
const LANES = CHANNELS.flatMap((channel) => PRIORITIES.map((priority) => ofLane(channel, priority)));

const IS_OPEN = `$1::text IN ('pending', 'queued', 'processing')`;
const SWEPT_UNTIL = '(SELECT until FROM status_lists_swept WHERE is_only)';
// One comparison, of rows: an index scan would not stop at a second one on the same column.
const YOUNG = inRange(`(
    greatest(${LOW}, ${SWEPT_UNTIL} - interval '1 microsecond'),
    CASE WHEN ${LOW} >= ${SWEPT_UNTIL} THEN $8::uuid ELSE '${UUID_MAX}' END)`);

/**
 * Rows in order out of several places that are in order themselves. The limit, which is at most {@link EXAMINED_MAX}, is a
 * parameter: of one that it does not know the planner thinks that a tenth of the rows will do, and so reads them in the
 * order of an index. Otherwise it might collect all and sort them.
 */
function inOrder(places: string[], order: Order): string {
  const [inOne, ofAll] = [orderBy('n', order), orderBy('m', order)];
  const limited = places.map((place) => `(SELECT * FROM (${place}) AS n ${inOne} LIMIT $12::bigint)`);
  return `SELECT * FROM (${limited.join(' UNION ALL ')}) AS m ${ofAll} LIMIT $12`;
}

const orderBy = (row: string, order: Order): string =>
  `ORDER BY ${row}.created_at ${order}, ${row}.id ${order}`;

const PLACE_COLUMNS = ['created_at', 'id'];
const OTHER_COLUMNS = NOTIFICATION_COLUMNS.split(/,\s*/)
  .filter((column) => !PLACE_COLUMNS.includes(column))
  .join(', ');
const COLUMNS = `${PLACE_COLUMNS.join(', ')}, ${OTHER_COLUMNS}`;

/** Ids by status: from the lists, and of open notifications younger than those by looking at each. */
const IDS_BY_STATUS = [
  ...LANES.map(
    (lane) => `
      SELECT created_at, id FROM status_lists WHERE status = $1 AND ${lane} AND ${RANGE}
        AND created_at < CASE WHEN ${IS_OPEN} THEN ${SWEPT_UNTIL} ELSE 'infinity' END`,
  ),
  ...LANES.map(
    (lane) => `
      SELECT created_at, id FROM notifications WHERE ${lane} AND ${IS_OPEN} AND status = $1 AND ${YOUNG}`,
  ),
];

const notifications = (condition: string): string =>
  `SELECT ${COLUMNS} FROM notifications WHERE ${condition} AND ${RANGE}`;

const byChannel = (condition: string): string[] =>
  CHANNELS.map((channel) => notifications(`${condition} AND ${ofChannel(channel)}`));

/** SQL of the notifications that a path leads to, in order. */
const ROWS: Record<Path, (order: Order) => string> = {
  batch: (order) => inOrder([notifications('batch_id = $4')], order),
  correlation: (order) => inOrder(byChannel('correlation_id = $6'), order),
  template: (order) => inOrder(byChannel('template_id = $5'), order),
  // OFFSET keeps the planner from reading notifications in another order than that of the ids.
  status: (order) => `
    SELECT s.created_at, s.id, n.* FROM (${inOrder(IDS_BY_STATUS, order)}) AS s JOIN LATERAL (
      SELECT ${OTHER_COLUMNS} FROM notifications WHERE id = s.id OFFSET 0
    ) AS n ON true ${orderBy('s', order)}`,
  lanes: (order) => inOrder(LANES.map(notifications), order),
};

/**
 * What matches among the first {@link EXAMINED_MAX} rows of a path, as far as the limit; read no further than that. The
 * edge is the last row that was examined, where there are more and the page is not full: the walk goes on from there.
 */
function listStatement(path: Path, order: Order): Statement {
  const examined = `(${ROWS[path](order)}) AS e`;
  return {
    name: `list_by_${path}_${order.toLowerCase()}`,
    text: `
      WITH page AS MATERIALIZED (
        SELECT * FROM ${examined} WHERE ${MATCHES} ${orderBy('e', order)} LIMIT $11
      ),
      edge AS (
        SELECT * FROM ${examined} WHERE (SELECT count(*) FROM page) < $11 ${orderBy('e', order)} OFFSET $12 - 1
      )
      SELECT page.*, false AS is_edge FROM page UNION ALL SELECT edge.*, true FROM edge`,
  };
}

function listStatements(order: Order): Record<Path, Statement> {
  return {
    batch: listStatement('batch', order),
    correlation: listStatement('correlation', order),
    template: listStatement('template', order),
    status: listStatement('status', order),
    lanes: listStatement('lanes', order),
  };
}

const STATEMENTS = { older: listStatements('DESC'), newer: listStatements('ASC') };
