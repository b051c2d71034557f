import type { DeadLetterResource, DeadLetterState } from '@fanfare/contracts';
import { rfc3339 } from '@fanfare/domain';
import { fromMs, NOW } from './accept.ts';
import type { Database, Statement } from './connect.ts';
import { type Columns, columnValues, unnest } from './recordset.ts';

/** What the index keeps of a dead letter; its bytes stay in the topic. */
export type DeadLetter = {
  log_partition: number;
  log_offset: number;
  notification_id: string | null;
  cycle: number;
  channel: string | null;
  reason: string;
  message: string | null;
  source_topic: string | null;
  source_partition: number | null;
  source_offset: number | null;
  created_at: number;
};

const INPUT = {
  log_partition: 'integer',
  log_offset: 'bigint',
  notification_id: 'uuid',
  cycle: 'integer',
  channel: 'text',
  reason: 'text',
  message: 'text',
  source_topic: 'text',
  source_partition: 'integer',
  source_offset: 'bigint',
  created_at: 'bigint',
} satisfies Columns;

const INDEX: Statement = {
  name: 'index_dead_letters',
  text: `
    INSERT INTO dead_letters (log_partition, log_offset, notification_id, cycle, channel, reason, message,
      source_topic, source_partition, source_offset, created_at)
    SELECT log_partition, log_offset, notification_id, cycle, channel, reason, message,
      source_topic, source_partition, source_offset, ${fromMs('created_at')}
    FROM ${unnest(INPUT)} ORDER BY log_partition, log_offset
    ON CONFLICT DO NOTHING`,
};

/** Adds dead letters to the index; one that is in it already is left as it is. */
export async function indexDeadLetters(db: Database, letters: DeadLetter[]): Promise<void> {
  await db.query(INDEX, columnValues(INPUT, letters));
}

/** Which dead letters are meant; null is any. Times are epoch milliseconds, `after` included, `before` not. */
export type DeadLetterFilter = {
  channel: string | null;
  reason: string | null;
  after: number | null;
  before: number | null;
};
export type DeadLetterSearch = DeadLetterFilter & { state: DeadLetterState | null };
export type DeadLetterPosition = { created_at: number; id: string };

/** SQL of a {@link DeadLetterFilter}, for the letters `l` and the parameters from 1 on. */
export const MATCHES = `l.deleted_at IS NULL
  AND l.created_at >= coalesce(${fromMs('$1::bigint')}, '-infinity')
  AND l.created_at < coalesce(${fromMs('$2::bigint')}, 'infinity')
  AND ($3::text IS NULL OR l.channel = $3) AND ($4::text IS NULL OR l.reason = $4)`;
export const filterValues = ({ after, before, channel, reason }: DeadLetterFilter): unknown[] => [
  after,
  before,
  channel,
  reason,
];

const SEARCHED = `${MATCHES} AND ($5::text IS NULL OR $5 =
  CASE coalesce(l.resolution, 'open') WHEN 'open' THEN 'open' WHEN 'redriven' THEN 'redriven' ELSE 'skipped' END)`;
const searchValues = (search: DeadLetterSearch): unknown[] => [...filterValues(search), search.state];

type LetterRow = Omit<DeadLetterResource, 'created_at' | 'resolved_at'> & {
  created_at: number;
  resolved_at: number | null;
};

const SELECT = `
  SELECT l.id, l.notification_id, n.status AS notification_status, l.cycle, l.channel, l.reason, l.message,
    l.log_partition AS partition, l.log_offset AS offset, l.source_topic, l.source_partition, l.source_offset,
    l.resolution, l.resolved_at, l.created_at
  FROM dead_letters l LEFT JOIN notifications n ON n.id = l.notification_id`;

const LIST: Statement = {
  name: 'list_dead_letters',
  text: `${SELECT}
    WHERE ${SEARCHED} AND (l.created_at, l.id) < (coalesce(${fromMs('$6::bigint')}, 'infinity'), $7::uuid)
    ORDER BY l.created_at DESC, l.id DESC LIMIT $8`,
};
const UUID_MAX = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Dead letters, the newest first. @param after the last one of the page before */
export async function listDeadLetters(
  db: Database,
  search: DeadLetterSearch,
  { limit, after }: { limit: number; after: DeadLetterPosition | null },
): Promise<DeadLetterResource[]> {
  const position = [after?.created_at ?? null, after?.id ?? UUID_MAX];
  const rows = await db.query<LetterRow>(LIST, [...searchValues(search), ...position, limit]);
  return rows.map(resourceOf);
}

const GET: Statement = {
  name: 'get_dead_letter',
  text: `${SELECT} WHERE l.id = $1 AND l.deleted_at IS NULL`,
};

/** One dead letter, or null. */
export async function getDeadLetter(db: Database, id: string): Promise<DeadLetterResource | null> {
  const [row] = await db.query<LetterRow>(GET, [id]);
  return row === undefined ? null : resourceOf(row);
}

function resourceOf({ created_at, resolved_at, ...row }: LetterRow): DeadLetterResource {
  return {
    ...row,
    resolved_at: rfc3339(resolved_at),
    created_at: rfc3339(created_at),
  };
}

// What a provider said may name a person: of a deleted letter only its place is kept.
const DELETION = `UPDATE dead_letters d SET deleted_at = ${NOW}, message = NULL`;

const DELETE: Statement = {
  name: 'delete_dead_letter',
  text: `${DELETION} WHERE id = $1 AND deleted_at IS NULL RETURNING id`,
};

/** Deletes one from the index; its record stays in the topic. False when there is none. */
export async function deleteDeadLetter(db: Database, id: string): Promise<boolean> {
  return (await db.query(DELETE, [id])).length > 0;
}

const PURGE: Statement = {
  name: 'purge_dead_letters',
  text: `
    WITH chosen AS MATERIALIZED (
      SELECT l.id FROM dead_letters l WHERE ${SEARCHED}
      ORDER BY l.created_at, l.id LIMIT $6 FOR UPDATE OF l SKIP LOCKED
    )
    ${DELETION} FROM chosen WHERE d.id = chosen.id RETURNING d.id`,
};

/** Deletes from the index what matches, the oldest first. Returns how many. */
export async function purgeDeadLetters(
  db: Database,
  search: DeadLetterSearch,
  limit: number,
): Promise<number> {
  return (await db.query(PURGE, [...searchValues(search), limit])).length;
}

/** More are not counted: it would take longer than whoever asks wants to wait. */
export const DEAD_LETTERS_COUNTED_MAX = 100_000;

const COUNT: Statement = {
  name: 'count_dead_letters',
  text: `
    SELECT count(*) AS found, ${NOW} AS at
    FROM (SELECT FROM dead_letters l WHERE ${SEARCHED} LIMIT ${DEAD_LETTERS_COUNTED_MAX}) AS matching`,
};

/** How many match, up to {@link DEAD_LETTERS_COUNTED_MAX}, and at what moment, in epoch milliseconds. */
export async function countDeadLetters(
  db: Database,
  search: DeadLetterSearch,
): Promise<{ found: number; at: number }> {
  const [row] = await db.query<{ found: number; at: number }>(COUNT, searchValues(search));
  if (row === undefined) throw new Error('the count statement returned nothing');
  return row;
}
