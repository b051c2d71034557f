import type { Database, Row, Statement } from './connect.ts';
import { isolate } from './faults.ts';
import { EVENT_COLUMNS, eventRows, eventValues, type LoggedEvent, newestOf } from './logged-event.ts';
import { showStates, stateColumns } from './read-model.ts';

// A state of this version or an older one gives way; a newer one is newer, unless the truth has not come that far
// itself: such a state never was. The truth is locked, and first: a cancel that comes now shows its state together with it.
const SHOW_AGAIN: Statement = {
  name: 'show_again',
  text: `
    WITH newest AS MATERIALIZED (${newestOf(`(${eventRows(1)}) AS events`)}),
    truth AS MATERIALIZED (
      SELECT ${stateColumns('d')} FROM newest JOIN deliveries d ON d.id = newest.notification_id
      ORDER BY d.id FOR UPDATE OF d
    ),
    locked AS MATERIALIZED (
      SELECT e.* FROM newest e JOIN notifications n ON n.id = e.notification_id
        LEFT JOIN truth t ON t.notification_id = e.notification_id
      WHERE n.version <= e.version OR n.version > t.version
      ORDER BY n.id FOR UPDATE OF n
    )
    ${showStates('locked', 'true')}
    RETURNING n.id`,
};

/**
 * Shows notifications as the newest of these events has them, whatever of that version or an older one is shown now.
 * @returns how many now are
 */
export function showAgain(db: Database, events: LoggedEvent[]): Promise<number> {
  return written(db, SHOW_AGAIN, events);
}

const TRACE_AGAIN: Statement = {
  name: 'trace_again',
  text: `
    INSERT INTO status_events (${EVENT_COLUMNS.join(', ')})
    SELECT * FROM (${eventRows(1)}) AS events ORDER BY log_partition, log_offset
    ON CONFLICT (notification_id, version, at) DO UPDATE SET
      ${EVENT_COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}
    RETURNING log_offset`,
};

/**
 * Writes these events' rows of the trace, over whatever is there.
 * @param events distinct in notification, version and time
 * @returns how many were written
 */
export function traceAgain(db: Database, events: LoggedEvent[]): Promise<number> {
  return written(db, TRACE_AGAIN, events);
}

/** Rows that a statement wrote; what Postgres refuses it can never write. */
async function written(db: Database, statement: Statement, events: LoggedEvent[]): Promise<number> {
  let rows = 0;
  await isolate(events, async (some) => {
    rows += (await db.query<Row>(statement, eventValues(some))).length;
    return some;
  });
  return rows;
}
