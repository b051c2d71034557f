import type { Status, TraceDetails, TraceEntry } from '@fanfare/contracts';
import { type Outcome, rfc3339 } from '@fanfare/domain';
import type { Database, Statement } from './connect.ts';

/** What a row of `status_events` knows of a transition, times in epoch milliseconds. */
type Facts = {
  version: number;
  cycle: number;
  attempt: number;
  started_at: number | null;
  duration_ms: number | null;
  provider: string | null;
  provider_message_id: string | null;
  outcome: Outcome['kind'] | null;
  reason: string | null;
  next_retry_at: number | null;
};

type TraceRow = { correlation_id: string | null; at: number } & (
  { event: 'created'; version: null } | ({ event: Status } & Facts)
);

// The creation is read from the notification itself: it is there at once, whenever its first event is projected.
const GET_TRACE: Statement = {
  name: 'get_trace',
  text: `
    SELECT 'created' AS event, correlation_id, created_at AS at, NULL::integer AS version, NULL::integer AS cycle,
      NULL::integer AS attempt, NULL::timestamptz AS started_at, NULL::integer AS duration_ms, NULL AS provider,
      NULL AS provider_message_id, NULL AS outcome, NULL AS reason, NULL::timestamptz AS next_retry_at
    FROM notifications WHERE id = $1
    UNION ALL
    SELECT status, correlation_id, at, version, cycle, attempt, started_at, duration_ms, provider,
      provider_message_id, outcome, reason, next_retry_at
    FROM status_events WHERE notification_id = $1
    ORDER BY version NULLS FIRST`,
};

/**
 * Every state a notification has been in, oldest first, beginning with its creation; empty for an unknown one.
 * @param id a UUID in small letters
 */
export async function getTrace(db: Database, id: string): Promise<TraceEntry[]> {
  const rows = await db.query<TraceRow>(GET_TRACE, [id]);
  return rows.map((row) => traceEntryOf(id, row));
}

function traceEntryOf(id: string, row: TraceRow): TraceEntry {
  const { correlation_id } = row;
  const created_at = rfc3339(row.at);
  return row.event === 'created'
    ? { id: `${id}:created`, event: 'created', correlation_id, details: {}, created_at }
    : { id: `${id}:${row.version}`, event: row.event, correlation_id, details: detailsOf(row), created_at };
}

/** What there is nothing of is left out. */
function detailsOf(facts: Facts): TraceDetails {
  const { version, cycle, attempt, started_at, duration_ms, next_retry_at } = facts;
  const { provider, provider_message_id, outcome, reason } = facts;
  return {
    version,
    cycle,
    attempt,
    ...(started_at !== null && { started_at: rfc3339(started_at) }),
    ...(provider !== null && { provider }),
    ...(provider_message_id !== null && { provider_message_id }),
    ...(outcome !== null && { outcome }),
    ...(duration_ms !== null && { duration_ms }),
    ...(reason !== null && { reason }),
    ...(next_retry_at !== null && { next_retry_at: rfc3339(next_retry_at) }),
  };
}
