import type { Database, Statement } from './connect.ts';
import { EVENT_COLUMNS, eventRows, eventValues, type LoggedEvent, newestOf } from './logged-event.ts';
import { showStates } from './read-model.ts';
import { type Columns, columnValues, unnest } from './recordset.ts';

/** How far a partition moves: from the offset the projector stands at to the one after its last event. */
export type Move = { partition: number; expected: number; next: number };

const MOVE = { log_partition: 'integer', expected: 'bigint', next: 'bigint' } satisfies Columns;
const FIRST_EVENT_PARAMETER = Object.keys(MOVE).length + 2;

// A partition takes part only if its position is the expected one: whoever projected the same events before has
// moved it, and this transaction then changes nothing of that partition. Rows are locked in one order by everybody:
// positions by partition (the order of the parameters), then notifications by id.
// Its commit does not wait for the disk, which would be most of its time and keep the disk from those who must wait: a
// crash of Postgres may take back the last 0.6 s of it (three rounds of the WAL writer), and positions show that.
const PROJECT: Statement = {
  name: 'project',
  text: `
    WITH moved AS (
      UPDATE stream_progress p SET next_offset = input.next FROM ${unnest(MOVE, 2)}
      WHERE p.topic = $1 AND p.partition = input.log_partition AND p.next_offset = input.expected
      RETURNING p.partition AS log_partition
    ),
    events AS (${eventRows(FIRST_EVENT_PARAMETER)} JOIN moved USING (log_partition)),
    traced AS (
      INSERT INTO status_events (${EVENT_COLUMNS.join(', ')})
      SELECT * FROM events ORDER BY log_partition, log_offset
      ON CONFLICT DO NOTHING
      RETURNING log_partition, log_offset
    ),
    newest AS (${newestOf('events')}),
    locked AS MATERIALIZED (
      SELECT e.* FROM newest e JOIN notifications n ON n.id = e.notification_id AND n.version < e.version
      ORDER BY n.id FOR UPDATE OF n
    ),
    folded AS (${showStates('locked')})
    SELECT
      (SELECT coalesce(array_agg(log_partition), '{}') FROM moved) AS moved,
      (SELECT coalesce(array_agg(log_partition || ':' || log_offset), '{}') FROM traced) AS traced,
      set_config('synchronous_commit', 'off', true)`,
};

export type Projected = {
  /** Partitions whose position was the expected one. */
  moved: number[];
  /** `partition:offset` of each event that was new; the others had been told before. */
  traced: Set<string>;
};

/**
 * Folds a batch of events into trace and read model and moves the positions, all in one transaction: also a crash of
 * Postgres, which may take back the last ones, leaves all of it or nothing. Whoever remembers a position compares it
 * with {@link readPositions} from time to time.
 */
export async function project(
  db: Database,
  topic: string,
  moves: Move[],
  events: LoggedEvent[],
): Promise<Projected> {
  const positions = moves
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ partition, expected, next }) => ({ log_partition: partition, expected, next }));
  const [row] = await db.query<{ moved: number[]; traced: string[] }>(PROJECT, [
    topic,
    ...columnValues(MOVE, positions),
    ...eventValues(events),
  ]);
  if (row === undefined) throw new Error('the project statement returned nothing');
  return { moved: row.moved, traced: new Set(row.traced) };
}

const READ_PROGRESS: Statement = {
  name: 'read_progress',
  text: `
    INSERT INTO stream_progress AS p (topic, partition, next_offset) VALUES ($1, $2, 0)
    -- Changes nothing, but unlike DO NOTHING it returns the row, also one that another caller makes right now.
    ON CONFLICT (topic, partition) DO UPDATE SET next_offset = p.next_offset
    RETURNING next_offset`,
};

/** The offset of the next event to project; 0 for a partition never projected. */
export async function readProgress(db: Database, topic: string, partition: number): Promise<number> {
  const [row] = await db.query<{ next_offset: number }>(READ_PROGRESS, [topic, partition]);
  if (row === undefined) throw new Error(`no progress of ${topic}/${partition}`);
  return row.next_offset;
}

const REWIND: Statement = {
  name: 'rewind_progress',
  // The new name of the log ends what readers remember of the old one's offsets.
  text: `
    UPDATE stream_progress SET next_offset = $4, topic_id = gen_random_uuid()
    WHERE topic = $1 AND partition = $2 AND next_offset = $3`,
};

/** Sets a position back when the log behind it was made anew; nothing if somebody else has moved it meanwhile. */
export async function rewindProgress(db: Database, topic: string, move: Move): Promise<void> {
  await db.query(REWIND, [topic, move.partition, move.expected, move.next]);
}
