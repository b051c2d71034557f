import { CHANNELS, PRIORITIES } from '@fanfare/contracts';
import type { Database, Statement } from './connect.ts';
import { LISTED_AFTER } from './migrations/0005-lists.ts';

/** So much is caught up with at a time by a sweep that was not made for long. */
const SPAN_MAX = `interval '1 minute'`;
/** Of those that are delivered in the end; the next sweep takes the next. */
const UNLISTED_MAX = 10_000;

// A row is locked before it is put in the list, so that an update which is under way is seen: it may have looked at the
// clock before the row was old enough. No row comes into a span after it was swept: a transaction that creates one ends
// sooner than that, by the statement timeout. Delivered is final, so a row of it may go without that lock.
const SWEEP: Statement = {
  name: 'sweep_status_lists',
  text: `
    WITH span AS MATERIALIZED (
      SELECT until AS since, least(now() - ${LISTED_AFTER}, until + ${SPAN_MAX}) AS until
      FROM status_lists_swept WHERE is_only
    ),
    open AS MATERIALIZED (
      SELECT n.id, n.status, n.channel, n.priority, n.created_at
      FROM notifications n JOIN span ON n.created_at >= span.since AND n.created_at < span.until
      WHERE n.channel = ANY ($1::text[]) AND n.priority = ANY ($2::text[])
        AND n.status IN ('pending', 'queued', 'processing')
      ORDER BY n.id FOR NO KEY UPDATE OF n
    ),
    listed AS (
      INSERT INTO status_lists (id, status, channel, priority, created_at) SELECT * FROM open
      ON CONFLICT (id) DO UPDATE SET status = excluded.status
    ),
    unlisted AS (
      DELETE FROM status_lists WHERE id IN (
        SELECT id FROM status_lists WHERE status = 'delivered' LIMIT ${UNLISTED_MAX} FOR UPDATE SKIP LOCKED)
    ),
    swept AS (
      UPDATE status_lists_swept s SET until = greatest(s.until, span.until) FROM span WHERE s.is_only
    )
    SELECT span.until < now() - ${LISTED_AFTER} AS is_behind FROM span`,
};

/**
 * Puts notifications that are open and 20 s old into the lists by status, and takes those out that are delivered.
 * Whoever lists open notifications looks through all that were created since the last sweep.
 * @returns whether there is more to sweep already
 */
export async function sweepStatusLists(db: Database): Promise<boolean> {
  const [row] = await db.query<{ is_behind: boolean }>(SWEEP, [CHANNELS, PRIORITIES]);
  return row?.is_behind ?? false;
}
