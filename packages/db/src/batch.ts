import type { BatchCancellation } from '@fanfare/contracts';
import { CANCELLABLE, CANCELLED } from './cancel.ts';
import type { Database, Statement } from './connect.ts';
import { promise } from './promise.ts';
import { showStates, stateColumns } from './read-model.ts';

// Like the cancelling of one: the truth, what clients read, and the promise to tell everybody else, in one transaction.
const CANCEL_BATCH: Statement = {
  name: 'cancel_batch',
  text: `
    WITH members AS MATERIALIZED (SELECT id FROM notifications WHERE batch_id = $1),
    locked AS MATERIALIZED (
      SELECT d.id, d.state FROM members JOIN deliveries d USING (id) ORDER BY d.id FOR UPDATE OF d
    ),
    changed AS (
      UPDATE deliveries d SET ${CANCELLED}
      FROM locked l WHERE d.id = l.id AND l.state IN (${CANCELLABLE})
      RETURNING d.*
    ),
    visible AS MATERIALIZED (
      SELECT n.id FROM changed JOIN notifications n USING (id) ORDER BY n.id FOR UPDATE OF n
    ),
    states AS (SELECT ${stateColumns('changed')} FROM changed JOIN visible USING (id)),
    shown AS (${showStates('states')}),
    promised AS (${promise('changed', '$2::uuid', 'scheduler')})
    SELECT b.id, b.size,
      (SELECT count(*) FROM locked WHERE state IN (${CANCELLABLE})) AS cancelled,
      (SELECT count(*) FROM locked WHERE state NOT IN ('cancelled', ${CANCELLABLE})) AS too_late,
      (SELECT count(*) FROM locked WHERE state = 'cancelled') AS already_cancelled
    FROM batches b WHERE b.id = $1`,
};

/**
 * Ends the members of a batch that nobody is delivering at this moment, and leaves the others as they are.
 * @param outboxId names the promise to publish their events, which the scheduler keeps at once
 * @returns null when there is no such batch
 */
export async function cancelBatch(
  db: Database,
  id: string,
  outboxId: string,
): Promise<BatchCancellation | null> {
  const [row] = await db.query<BatchCancellation>(CANCEL_BATCH, [id, outboxId]);
  return row ?? null;
}
