import type { DeadLetterReason, DeadLetterResolution } from '@fanfare/contracts';
import { NOW } from './accept.ts';
import type { Database, Statement } from './connect.ts';
import { DEAD_LETTERS_COUNTED_MAX, type DeadLetterFilter, filterValues, MATCHES } from './dead-letters.ts';
import { promise } from './promise.ts';
import { showStates, stateColumns } from './read-model.ts';

/** How many letters a redrive left with each resolution, or would. */
export type Resolutions = Record<DeadLetterResolution, number>;

/** Redrives the oldest open letters that match, at most `limit`, in one transaction. */
export async function redriveDeadLetters(
  db: Database,
  filter: DeadLetterFilter,
  limit: number,
): Promise<Resolutions> {
  return countsOf(await db.query<Resolved>(REDRIVE_MATCHING, [...filterValues(filter), limit]));
}

/** Redrives one letter, looked at before or not. Returns what came of it, or null when there is none. */
export async function redriveDeadLetter(db: Database, id: string): Promise<DeadLetterResolution | null> {
  const [resolved] = await db.query<Resolved>(REDRIVE_ONE, [id]);
  return resolved?.resolution ?? null;
}

/** What {@link redriveDeadLetters} would do now with the oldest {@link DEAD_LETTERS_COUNTED_MAX} that match. */
export async function previewRedrive(db: Database, filter: DeadLetterFilter): Promise<Resolutions> {
  return countsOf(await db.query<Resolved>(PREVIEW, filterValues(filter)));
}

/** How many open letters match after the first `beyond`, counted up to {@link DEAD_LETTERS_COUNTED_MAX}, and when. */
export async function countOpenDeadLetters(
  db: Database,
  filter: DeadLetterFilter,
  beyond = 0,
): Promise<{ found: number; at: number }> {
  const [row] = await db.query<{ found: number; at: number }>(COUNT_OPEN, [...filterValues(filter), beyond]);
  if (row === undefined) throw new Error('the count statement returned nothing');
  return row;
}

type Resolved = { resolution: DeadLetterResolution; letters: number };

function countsOf(rows: Resolved[]): Resolutions {
  const found = new Map(rows.map(({ resolution, letters }) => [resolution, letters]));
  const count = (resolution: DeadLetterResolution): number => found.get(resolution) ?? 0;
  return {
    redriven: count('redriven'),
    already_redriven: count('already_redriven'),
    delivered: count('delivered'),
    cancelled: count('cancelled'),
    expired: count('expired'),
    not_redrivable: count('not_redrivable'),
  };
}

/**
 * Only these letters are of a notification whose attempt failed. Any other is of a record that never became the
 * notification of that id: it was not readable, or somebody else has the id.
 */
const REDRIVABLE = [
  'rejected',
  'attempts_exhausted',
  'unknown_outcome',
  'worker_crash_loop',
  'publish_refused',
] as const satisfies readonly DeadLetterReason[];
/** A version is a four-byte integer of 1 000 000 a cycle: after cycle 2 147 there is none. */
const CYCLES_MAX = 2_000;

const IS_REDRIVABLE = `l.reason IN (${REDRIVABLE.map((reason) => `'${reason}'`).join(', ')})`;
const OPEN = 'l.resolved_at IS NULL';

// What a letter `l` may lead to, as its row `d` of the truth is: `failed` in the letter's cycle is driven again.
const JUDGEMENT = `CASE
  WHEN d.id IS NULL OR d.cycle >= ${CYCLES_MAX} THEN 'not_redrivable'
  WHEN d.state = 'failed' AND d.cycle = l.cycle THEN CASE WHEN d.expires_at <= now() THEN 'expired' ELSE 'redriven' END
  WHEN d.state IN ('delivered', 'cancelled', 'expired') THEN d.state
  WHEN d.cycle > l.cycle THEN 'already_redriven'
  ELSE 'not_redrivable' END`;

// A record that delivery published twice has two letters: the first redrives it.
const RESOLUTION = `CASE
  WHEN judgement = 'redriven' AND row_number() OVER (PARTITION BY delivery_id, judgement ORDER BY letter_id) > 1
  THEN 'already_redriven' ELSE judgement END AS resolution`;

const PREVIEW: Statement = {
  name: 'preview_redrive',
  text: `
    WITH judged AS (
      SELECT l.id AS letter_id, d.id AS delivery_id, ${JUDGEMENT} AS judgement
      FROM (
        SELECT * FROM dead_letters l WHERE ${MATCHES} AND ${OPEN}
        ORDER BY l.created_at, l.id LIMIT ${DEAD_LETTERS_COUNTED_MAX}
      ) AS l LEFT JOIN deliveries d ON d.id = l.notification_id AND ${IS_REDRIVABLE}
    ),
    resolved AS (SELECT ${RESOLUTION} FROM judged)
    SELECT resolution, count(*) AS letters FROM resolved GROUP BY resolution`,
};

const COUNT_OPEN: Statement = {
  name: 'count_open_dead_letters',
  text: `
    SELECT count(*) AS found, ${NOW} AS at
    FROM (
      SELECT FROM dead_letters l WHERE ${MATCHES} AND ${OPEN}
      ORDER BY l.created_at, l.id OFFSET $5 LIMIT ${DEAD_LETTERS_COUNTED_MAX}
    ) AS matching`,
};

const REDRIVE_MATCHING: Statement = {
  name: 'redrive_dead_letters',
  text: redrive(`SELECT l.* FROM dead_letters l WHERE ${MATCHES} AND ${OPEN}
    ORDER BY l.created_at, l.id LIMIT $5 FOR UPDATE OF l SKIP LOCKED`),
};

const REDRIVE_ONE: Statement = {
  name: 'redrive_dead_letter',
  text: redrive(`SELECT l.* FROM dead_letters l WHERE l.id = $1 AND l.deleted_at IS NULL FOR UPDATE OF l`),
};

/**
 * The truth, what clients read, the promise to publish it, and what became of the letters, in one transaction. Rows
 * are locked in one order by everybody: letters, then `deliveries` by id and judged under the lock, then
 * `notifications` by id. The promise may be kept at once: nobody else is about to publish these.
 */
function redrive(letters: string): string {
  return `
    WITH letters AS MATERIALIZED (${letters}),
    locked AS MATERIALIZED (
      SELECT l.id AS letter_id, d.id AS delivery_id, ${JUDGEMENT} AS judgement
      FROM letters l JOIN deliveries d ON d.id = l.notification_id AND ${IS_REDRIVABLE}
      ORDER BY d.id FOR UPDATE OF d
    ),
    resolved AS MATERIALIZED (
      SELECT letter_id, delivery_id, ${RESOLUTION} FROM locked
      UNION ALL
      SELECT id, NULL, 'not_redrivable' FROM letters WHERE (id IN (SELECT letter_id FROM locked)) IS NOT TRUE
    ),
    changed AS (
      UPDATE deliveries d SET state = 'accepted', cycle = d.cycle + 1, attempt = 0, reclaims = 0, lease_until = NULL,
        claimed_from = NULL, due_at = d.expires_at, at = ${NOW}, started_at = NULL, duration_ms = NULL,
        provider = NULL, provider_message_id = NULL, outcome = NULL, reason = NULL, dead_letter_reason = NULL,
        republished_at = NULL
      FROM resolved r WHERE d.id = r.delivery_id AND r.resolution = 'redriven'
      RETURNING d.*
    ),
    states AS (SELECT ${stateColumns('changed')} FROM changed),
    visible AS MATERIALIZED (
      SELECT e.* FROM states e JOIN notifications n ON n.id = e.notification_id ORDER BY n.id FOR UPDATE OF n
    ),
    shown AS (${showStates('visible')}),
    promised AS (${promise('changed', 'gen_random_uuid()', 'scheduler')}),
    marked AS (
      UPDATE dead_letters d SET resolution = r.resolution, resolved_at = ${NOW}
      FROM resolved r WHERE d.id = r.letter_id AND d.resolved_at IS NULL
    )
    SELECT resolution, count(*) AS letters FROM resolved GROUP BY resolution`;
}
