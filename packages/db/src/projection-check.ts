import type { Database, Statement } from './connect.ts';
import { isolate, type RowRefused } from './faults.ts';
import { EVENT_COLUMNS, eventRows, eventValues, type LoggedEvent, newestOf } from './logged-event.ts';
import { SHOWN_BY_EVENT, SHOWN_NOW } from './read-model.ts';

/**
 * How trace or read model differ from an event of the log. Of the trace: `untraced`, it is missing; `trace_differs`,
 * its row says something else. Of the read model: `behind`, an older state is shown; `differs`, this state, but not as
 * the event has it; `ahead`, a newer one that the trace does not know; `missing`, the notification has no row although
 * `deliveries` has one.
 */
export type DifferenceKind = 'untraced' | 'trace_differs' | 'behind' | 'differs' | 'ahead' | 'missing';

type Values = Record<string, string | number | null>;

/** `here` is what the row says and `log` what it should, by column; both null where there is no row. */
export type Difference = { kind: DifferenceKind; here: Values | null; log: Values | null };

const traceOf = (alias: string) => EVENT_COLUMNS.map((column) => [column, `${alias}.${column}`] as const);

// A row that stands at another offset is of the first record of a state that was told twice: it is there, and that
// record is the one to compare it with. Of the states of a notification the newest given is compared: an older one
// says no more about what is shown.
const COMPARE: Statement = {
  name: 'compare_projection',
  text: `
    WITH events AS MATERIALIZED (${eventRows(1)}),
    newest AS (${newestOf('events')}),
    traced AS (
      SELECT e.log_partition, e.log_offset,
        CASE WHEN s.notification_id IS NULL THEN 'untraced' ELSE 'trace_differs' END AS kind,
        CASE WHEN s.notification_id IS NOT NULL THEN ${jsonObject(traceOf('s'))} END AS here,
        ${jsonObject(traceOf('e'))} AS log
      FROM events e LEFT JOIN status_events s USING (notification_id, version, at)
      WHERE s.notification_id IS NULL
        OR (s.log_partition = e.log_partition AND s.log_offset = e.log_offset AND ${differ(traceOf('s'), traceOf('e'))})
    ),
    judged AS (
      SELECT e.notification_id, e.log_partition, e.log_offset, CASE
          WHEN n.id IS NULL THEN
            CASE WHEN EXISTS (SELECT FROM deliveries d WHERE d.id = e.notification_id) THEN 'missing' END
          WHEN n.version < e.version THEN 'behind'
          WHEN n.version = e.version THEN CASE WHEN ${differ(SHOWN_NOW, SHOWN_BY_EVENT)} THEN 'differs' END
          WHEN NOT EXISTS (SELECT FROM status_events s WHERE s.notification_id = n.id AND s.version = n.version)
            THEN 'ahead'
        END AS kind
      FROM newest e LEFT JOIN notifications n ON n.id = e.notification_id
    ),
    shown AS (
      SELECT e.log_partition, e.log_offset, j.kind,
        CASE WHEN n.id IS NOT NULL THEN ${jsonObject(SHOWN_NOW)} END AS here, ${jsonObject(SHOWN_BY_EVENT)} AS log
      FROM judged j JOIN events e USING (log_partition, log_offset)
        LEFT JOIN notifications n ON n.id = e.notification_id
      WHERE j.kind IS NOT NULL
    )
    SELECT * FROM traced UNION ALL SELECT * FROM shown`,
};

type Expressions = readonly (readonly [name: string, sql: string])[];

function differ(some: Expressions, others: Expressions): string {
  const list = (expressions: Expressions): string => expressions.map(([, sql]) => sql).join(', ');
  return `(${list(some)}) IS DISTINCT FROM (${list(others)})`;
}

/** An SQL object of named expressions. */
function jsonObject(expressions: Expressions): string {
  return `jsonb_build_object(${expressions.map(([name, sql]) => `'${name}', ${sql}`).join(', ')})`;
}

type ComparedRow = Difference & { log_partition: number; log_offset: number };

/**
 * Compares events of the log, which must be projected already, with the trace and the read model. What Postgres
 * refuses the projector has passed over.
 * @returns for each event in order what differs
 */
export function compareProjection(
  db: Database,
  events: LoggedEvent[],
): Promise<(Difference[] | RowRefused)[]> {
  return isolate(events, (some) => compare(db, some));
}

async function compare(db: Database, events: LoggedEvent[]): Promise<Difference[][]> {
  const rows = await db.query<ComparedRow>(COMPARE, eventValues(events));
  const found = Map.groupBy(rows, place);
  return events.map((event) =>
    (found.get(place(event)) ?? []).map(({ kind, here, log }) => ({ kind, here, log })),
  );
}

function place({ log_partition, log_offset }: { log_partition: number; log_offset: number }): string {
  return `${log_partition}:${log_offset}`;
}

const READ_POSITIONS: Statement = {
  name: 'read_positions',
  text: `SELECT partition, next_offset FROM stream_progress WHERE topic = $1`,
};

/** The offset of the next event to project, by partition; one never projected is missing. */
export async function readPositions(db: Database, topic: string): Promise<Map<number, number>> {
  const rows = await db.query<{ partition: number; next_offset: number }>(READ_POSITIONS, [topic]);
  return new Map(rows.map(({ partition, next_offset }) => [partition, next_offset]));
}

const FIND_AHEAD: Statement = {
  name: 'find_ahead',
  text: `
    SELECT n.id, n.version FROM notifications n
    WHERE n.id = ANY ($1::uuid[])
      AND NOT EXISTS (SELECT FROM status_events s WHERE s.notification_id = n.id AND s.version = n.version)
      AND NOT EXISTS (SELECT FROM outbox o WHERE n.id = ANY (o.notification_ids))`,
};

/**
 * Which notifications show a state that neither the trace knows nor an outbox row promises to publish: their versions
 * by id. A promise goes when Kafka has its event, so that event may be on its way to the trace.
 */
export async function findAhead(db: Database, ids: string[]): Promise<Map<string, number>> {
  const rows = await db.query<{ id: string; version: number }>(FIND_AHEAD, [ids]);
  return new Map(rows.map(({ id, version }) => [id, version]));
}
