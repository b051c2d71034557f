import { NOW } from './accept.ts';
import { HELD_COLUMNS, type HeldDelivery } from './claim.ts';
import type { Database, Statement } from './connect.ts';

// The fence names the retry: a claim since then made the refused record obsolete.
const GIVE_UP: Statement = {
  name: 'give_up',
  text: `
    UPDATE deliveries d SET state = 'failed', due_at = NULL, at = ${NOW}, reason = $3,
      dead_letter_reason = 'publish_refused'
    WHERE id = $1 AND state = 'retrying' AND fence = $2
    RETURNING ${HELD_COLUMNS}`,
};

/**
 * Ends a notification whose retry is a record that Kafka will never take.
 * @returns the row, or null when it was claimed, cancelled or has expired meanwhile
 */
export async function giveUp(
  db: Database,
  retry: { id: string; fence: number; reason: string },
): Promise<HeldDelivery | null> {
  const [row] = await db.query<HeldDelivery>(GIVE_UP, [retry.id, retry.fence, retry.reason]);
  return row ?? null;
}
