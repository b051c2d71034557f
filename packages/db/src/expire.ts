import { NOW } from './accept.ts';
import type { Database, Statement } from './connect.ts';
import type { Promised } from './outbox.ts';
import { promise } from './promise.ts';
import { showStates, stateColumns } from './read-model.ts';

// An accepted row is due when it expires. A claimed attempt runs its course: what is being sent is not called expired;
// and a retry that could only come later is not made.
const EXPIRE: Statement = {
  name: 'expire',
  text: `
    WITH overdue AS MATERIALIZED (
      SELECT id FROM deliveries WHERE due_at <= now() AND state = 'accepted'
      ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ),
    changed AS (
      UPDATE deliveries d SET state = 'expired', due_at = NULL, at = ${NOW}, reason = 'expires_at has passed'
      FROM overdue WHERE d.id = overdue.id
      RETURNING d.*
    ),
    visible AS MATERIALIZED (
      SELECT n.id FROM notifications n JOIN changed USING (id) ORDER BY n.id FOR UPDATE OF n
    ),
    states AS (SELECT ${stateColumns('changed')} FROM changed JOIN visible USING (id)),
    shown AS (${showStates('states')})
    ${promise('changed', '$1::uuid', 'caller')}
    RETURNING id, notification_ids`,
};

/** Ends notifications that nobody delivered in time, with the promise to say so; null when there is none. */
export async function expireOverdue(db: Database, outboxId: string, limit: number): Promise<Promised | null> {
  const [promised] = await db.query<Promised>(EXPIRE, [outboxId, limit]);
  return promised ?? null;
}
