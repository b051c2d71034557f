import type { Database, Statement } from './connect.ts';
import type { Snapshot } from './notifications.ts';

/** By partition of the status log, the offset of the next event. */
export type LogPosition = ReadonlyMap<number, number>;

/** Whose events are read. */
export type LogScope = { kind: 'all' } | { kind: 'notification_id' | 'batch_id'; id: string };

export type LoggedState = Snapshot & { log_partition: number; log_offset: number };

export type LogPage = {
  /** By partition, each partition's in order. */
  states: LoggedState[];
  /** Where to go on. */
  position: LogPosition;
  /** Everything that was projected when the page was read is behind `position`. */
  isEnd: boolean;
  /** Which log the offsets are of: another text once a part of it was made anew. */
  logId: string;
};

const COLUMNS = `notification_id, batch_id, channel, priority, status, version, attempt, max_attempts, at, provider,
  provider_message_id, reason, next_retry_at, correlation_id, log_partition, log_offset`;

// Events and position are written in one transaction, so what lies before the position is all there. An event that came
// after a newer one of its notification is left out, as it is for those who listen.
function pageOf(events: string): string {
  return `
    SELECT p.partition, p.next_offset, p.topic_id, e.*
    FROM stream_progress p
    LEFT JOIN unnest($2::integer[], $3::bigint[]) AS after (partition, log_offset) USING (partition)
    LEFT JOIN LATERAL (
      SELECT ${COLUMNS} FROM ${events} e
      WHERE e.log_partition = p.partition
        AND e.log_offset >= coalesce(after.log_offset, 0) AND e.log_offset < p.next_offset
        AND NOT EXISTS (
          SELECT FROM status_events newer
          WHERE newer.notification_id = e.notification_id AND newer.version > e.version
            -- Keeps the planner from the index of the log, where all older events would have to be looked through.
            AND newer.log_offset + 0 < e.log_offset)
      ORDER BY e.log_offset LIMIT $4
    ) e ON true
    WHERE p.topic = $1
    ORDER BY p.partition, e.log_offset`;
}

const OF_ONE = 'SELECT * FROM status_events WHERE notification_id = $5::uuid';
const OF_BATCH = `
  SELECT e.* FROM notifications n JOIN status_events e ON e.notification_id = n.id WHERE n.batch_id = $5::uuid`;

const READ = {
  all: { name: 'read_status_log', text: pageOf('status_events') },
  notification_id: {
    name: 'read_status_log_of_one',
    text: `WITH told AS MATERIALIZED (${OF_ONE}) ${pageOf('told')}`,
  },
  batch_id: {
    name: 'read_status_log_of_batch',
    text: `WITH told AS MATERIALIZED (${OF_BATCH}) ${pageOf('told')}`,
  },
} satisfies Record<LogScope['kind'], Statement>;

type LogRow = { partition: number; next_offset: number; topic_id: string } & (
  LoggedState | { [K in keyof LoggedState]: null }
);

/**
 * Reads on in the status log, as far as it is projected.
 * @param after from the start where it does not name a partition
 * @param limit events of each partition at most; with 0 it is the present position that is read
 */
export async function readStatusLog(
  db: Database,
  topic: string,
  { scope, after, limit }: { scope: LogScope; after: LogPosition; limit: number },
): Promise<LogPage> {
  const rows = await db.query<LogRow>(READ[scope.kind], [
    topic,
    [...after.keys()],
    [...after.values()],
    limit,
    ...(scope.kind === 'all' ? [] : [scope.id]),
  ]);
  const states = rows.filter(isState);
  const remade = rows.filter(({ topic_id }) => topic_id !== '');
  const logIds = new Map(remade.map(({ partition, topic_id }) => [partition, topic_id]));
  const counts = new Map<number, number>();
  for (const { partition } of states) counts.set(partition, (counts.get(partition) ?? 0) + 1);
  const isFull = (partition: number) => limit > 0 && counts.get(partition) === limit;
  return {
    states,
    // Of a full partition its last row counts, which comes last.
    position: new Map(
      rows.map((row) => [
        row.partition,
        isFull(row.partition) ? Number(row.log_offset) + 1 : row.next_offset,
      ]),
    ),
    isEnd: !rows.some(({ partition }) => isFull(partition)),
    logId: Array.from(logIds, ([partition, id]) => `${partition}:${id}`).join(),
  };
}

function isState(row: LogRow): row is Extract<LogRow, LoggedState> {
  return row.notification_id !== null;
}
