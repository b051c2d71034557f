import type { Notification } from '@fanfare/contracts';
import type { Delivery } from '@fanfare/domain';
import { NOW } from './accept.ts';
import { DELIVERY_COLUMNS } from './claim.ts';
import type { Database, Statement } from './connect.ts';
import { dropPromises, promise } from './promise.ts';

/** A group whose records still have to be published. */
export type Promised = { id: string; notification_ids: string[] };

const TAKE_ABANDONED: Statement = {
  name: 'take_abandoned',
  text: `
    WITH abandoned AS MATERIALIZED (
      SELECT id FROM outbox WHERE relay_after <= now() ORDER BY relay_after LIMIT $1 FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox o SET relay_after = now() + interval '10 seconds'
    FROM abandoned WHERE o.id = abandoned.id
    RETURNING o.id, o.notification_ids`,
};

/** Takes groups that nobody has published within 10 s of their transaction; they are the caller's for 10 s. */
export function takeAbandoned(db: Database, limit: number): Promise<Promised[]> {
  return db.query<Promised>(TAKE_ABANDONED, [limit]);
}

const FORGET_OUTBOX: Statement = { name: 'forget_outbox', text: dropPromises('$1') };

/** Drops the promises of groups that Kafka has acknowledged. */
export async function forgetOutbox(db: Database, outboxIds: string[]): Promise<void> {
  await db.query(FORGET_OUTBOX, [outboxIds]);
}

// A producer's own record that is late may be the one that is claimed: it tells of the same acceptance, at the same time.
const RELEASE_DUE: Statement = {
  name: 'release_due',
  text: `
    WITH due AS MATERIALIZED (
      SELECT id FROM deliveries WHERE due_at <= now() AND state = 'scheduled'
      ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ),
    released AS (
      UPDATE deliveries d SET state = 'accepted', due_at = d.expires_at,
        at = ${NOW}, accepted_at = ${NOW}
      FROM due WHERE d.id = due.id RETURNING d.id
    )
    ${promise('released', '$1::uuid', 'caller')}
    RETURNING id, notification_ids`,
};

/** Accepts scheduled notifications whose time has come, with the promise to publish them; null when none is due. */
export async function releaseDue(db: Database, outboxId: string, limit: number): Promise<Promised | null> {
  const [promised] = await db.query<Promised>(RELEASE_DUE, [outboxId, limit]);
  return promised ?? null;
}

/** A notification as its work record carries it, and its row of the truth. */
export type Publishable = { notification: Notification; delivery: Delivery };

const READ_PUBLISHABLE: Statement = {
  name: 'read_publishable',
  text: `
    SELECT ${DELIVERY_COLUMNS}, n.tenant_id, n.batch_id, n.template_id, n.channel, n.recipient, n.content,
      n.subject, n.html, n.metadata::text AS metadata, n.priority, n.correlation_id, n.idempotency_key, n.source, n.scheduled_at,
      n.created_at
    FROM deliveries d JOIN notifications n USING (id) WHERE d.id = ANY ($1::uuid[])`,
};

type PublishableRow = Delivery & Omit<Notification, 'template_variables'>;

/** Reads notifications as they are now, for whoever publishes what follows from them. */
export async function readPublishable(db: Database, ids: string[]): Promise<Publishable[]> {
  const rows = await db.query<PublishableRow>(READ_PUBLISHABLE, [ids]);
  return rows.map((row) => ({ notification: notificationOf(row), delivery: row }));
}

function notificationOf(row: PublishableRow): Notification {
  const { id, tenant_id, channel, recipient, content, priority, template_id, metadata, batch_id } = row;
  const { correlation_id, idempotency_key, source, scheduled_at, expires_at, max_attempts } = row;
  const { delivery_mode, created_at, subject, html } = row;
  const who = {
    id,
    tenant_id,
    channel,
    recipient,
    priority,
    batch_id,
    correlation_id,
    idempotency_key,
    source,
  };
  // What is stored has been rendered: the variables were used up.
  const what = { content, subject, html, template_id, template_variables: null, metadata };
  return { ...who, ...what, scheduled_at, expires_at, max_attempts, delivery_mode, created_at };
}
