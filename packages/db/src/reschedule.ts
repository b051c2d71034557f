import type { Status } from '@fanfare/contracts';
import { type DeliveryState, statusOf } from '@fanfare/domain';
import { fromMs, NOW } from './accept.ts';
import type { Database, Statement } from './connect.ts';

// Judged under the lock, by the clock that decides what is due: whoever releases it comes before or after. What is
// released at once is due at once.
const RESCHEDULE: Statement = {
  name: 'reschedule',
  text: `
    WITH asked AS (SELECT greatest(${fromMs('$2::bigint')}, ${NOW}) AS due_at),
    locked AS MATERIALIZED (SELECT d.id, d.state, d.due_at, d.expires_at FROM deliveries d WHERE d.id = $1 FOR UPDATE),
    judged AS MATERIALIZED (
      SELECT l.id, l.state, asked.due_at, CASE
          WHEN l.state <> 'scheduled' OR l.due_at <= now() THEN 'too_late'
          WHEN l.expires_at <= asked.due_at THEN 'expires_before'
          ELSE 'rescheduled'
        END AS verdict
      FROM locked l, asked
    ),
    changed AS (
      UPDATE deliveries d SET due_at = j.due_at FROM judged j WHERE d.id = j.id AND j.verdict = 'rescheduled'
    ),
    shown AS (
      UPDATE notifications n SET scheduled_at = j.due_at, updated_at = ${NOW}
      FROM judged j WHERE n.id = j.id AND j.verdict = 'rescheduled'
    )
    SELECT verdict, state FROM judged`,
};

/** `too_late`: it is due, or was released or ended before. `expires_before`: its `expires_at` is not after that time. */
export type Rescheduling = { verdict: 'rescheduled' | 'too_late' | 'expires_before'; status: Status };

/**
 * Moves the time of a scheduled notification that is not due yet.
 * @param scheduledAt epoch milliseconds; in the past is now
 * @returns null when there is no such notification
 */
export async function reschedule(
  db: Database,
  id: string,
  scheduledAt: number,
): Promise<Rescheduling | null> {
  const [row] = await db.query<{ verdict: Rescheduling['verdict']; state: DeliveryState }>(RESCHEDULE, [
    id,
    scheduledAt,
  ]);
  return row === undefined ? null : { verdict: row.verdict, status: statusOf(row.state) };
}
