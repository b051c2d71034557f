import type { Status } from '@fanfare/contracts';
import { type DeliveryState, statusOf, TRANSITIONS } from '@fanfare/domain';
import { NOW } from './accept.ts';
import type { Database, Statement } from './connect.ts';
import { promise } from './promise.ts';
import { showStates, stateColumns } from './read-model.ts';

/** States that a cancel may start from, as SQL. */
export const CANCELLABLE = TRANSITIONS.cancel.from.map((state) => `'${state}'`).join(', ');
/** What it makes of a row, as SQL: no provider had a part in it, whatever one said before. */
export const CANCELLED = `state = 'cancelled', due_at = NULL, at = ${NOW}, duration_ms = NULL, provider = NULL,
  provider_message_id = NULL, outcome = NULL, reason = NULL`;

// The truth, what clients read, and the promise to tell everybody else, in one transaction.
const CANCEL: Statement = {
  name: 'cancel',
  text: `
    WITH locked AS MATERIALIZED (SELECT d.id, d.state FROM deliveries d WHERE d.id = $1 FOR UPDATE),
    changed AS (
      UPDATE deliveries d SET ${CANCELLED}
      FROM locked l WHERE d.id = l.id AND l.state IN (${CANCELLABLE})
      RETURNING d.*
    ),
    states AS (SELECT ${stateColumns('changed')} FROM changed),
    shown AS (${showStates('states')}),
    promised AS (${promise('changed', '$2::uuid', 'scheduler')})
    SELECT l.state, changed.id IS NOT NULL AS cancelled FROM locked l LEFT JOIN changed USING (id)`,
};

/** `status` is the one it was in. */
export type Cancellation = { cancelled: boolean; status: Status };

/**
 * Ends a notification that nobody is delivering at this moment; a claim comes before or after, never between.
 * @param outboxId names the promise to publish its event, which the scheduler keeps at once
 * @returns null when there is no such notification
 */
export async function cancel(db: Database, id: string, outboxId: string): Promise<Cancellation | null> {
  const [row] = await db.query<{ cancelled: boolean; state: DeliveryState }>(CANCEL, [id, outboxId]);
  return row === undefined ? null : { cancelled: row.cancelled, status: statusOf(row.state) };
}
