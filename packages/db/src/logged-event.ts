import type { StatusEvent } from '@fanfare/contracts';
import { fromMs } from './accept.ts';
import { type Columns, columnValues, unnest } from './recordset.ts';

/** A status event and where in the log it stands. */
export type LoggedEvent = StatusEvent & { log_partition: number; log_offset: number };

const EVENT = {
  notification_id: 'uuid',
  version: 'integer',
  at: 'bigint',
  log_partition: 'integer',
  log_offset: 'bigint',
  status: 'text',
  cycle: 'integer',
  attempt: 'integer',
  max_attempts: 'integer',
  batch_id: 'uuid',
  channel: 'text',
  priority: 'text',
  started_at: 'bigint',
  duration_ms: 'integer',
  provider: 'text',
  provider_message_id: 'text',
  outcome: 'text',
  reason: 'text',
  next_retry_at: 'bigint',
  correlation_id: 'text',
  source: 'text',
} satisfies Columns;
const TIMES = new Set(['at', 'started_at', 'next_retry_at']);

/** What a row of `status_events` keeps of an event: these columns. */
export const EVENT_COLUMNS = Object.keys(EVENT);

/**
 * SQL that reads events handed over as parameters, with {@link EVENT_COLUMNS}.
 * @param first number of the first parameter
 */
export function eventRows(first: number): string {
  const columns = EVENT_COLUMNS.map((name) => (TIMES.has(name) ? `${fromMs(name)} AS ${name}` : name));
  return `SELECT ${columns.join(', ')} FROM ${unnest(EVENT, first)}`;
}

/** The parameters that {@link eventRows} takes. */
export function eventValues(events: LoggedEvent[]): unknown[][] {
  return columnValues(EVENT, events);
}

/** SQL for the newest of each notification's events. */
export function newestOf(events: string): string {
  return `SELECT DISTINCT ON (notification_id) * FROM ${events} ORDER BY notification_id, version DESC`;
}
