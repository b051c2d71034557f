import {
  type BatchDetail,
  type BatchResource,
  type NotificationResource,
  type Status,
  STATUS_TOPIC,
} from '@fanfare/contracts';
import { isTerminal, rfc3339 } from '@fanfare/domain';
import type { Database, Statement } from './connect.ts';

/** A row of `notifications` as REST shows it, times still in epoch milliseconds. */
type NotificationRow = {
  [Field in keyof NotificationResource]: Field extends `${string}_at`
    ? NotificationResource[Field] extends string
      ? number
      : number | null
    : NotificationResource[Field];
};

const COLUMNS = `id, correlation_id, batch_id, template_id, template_version, channel, recipient, content, subject, html,
  metadata, status, priority, scheduled_at, expires_at, failure_reason, attempts, max_attempts, next_retry_at, last_attempted_at, delivered_at,
  failed_at, cancelled_at, provider, provider_message_id, idempotency_key, delivery_mode, created_at, updated_at`;

const GET: Statement = {
  name: 'get_notification',
  text: `SELECT ${COLUMNS} FROM notifications WHERE id = $1`,
};

/** One notification, or null. */
export async function getNotification(db: Database, id: string): Promise<NotificationResource | null> {
  const [row] = await db.query<NotificationRow>(GET, [id]);
  return row === undefined ? null : resourceOf(row);
}

const GET_BATCH: Statement = {
  name: 'get_batch',
  text: `SELECT id, size, metadata, correlation_id, created_at FROM batches WHERE id = $1`,
};
const GET_MEMBERS: Statement = {
  name: 'get_batch_members',
  text: `SELECT ${COLUMNS} FROM notifications WHERE batch_id = $1 ORDER BY id`,
};

type BatchRow = Omit<BatchResource, 'created_at'> & Pick<BatchDetail, 'metadata'> & { created_at: number };

/** What a batch was accepted as, or null. */
export async function findBatch(db: Database, id: string): Promise<BatchResource | null> {
  const [batch] = await db.query<BatchRow>(GET_BATCH, [id]);
  if (batch === undefined) return null;
  const { size, correlation_id, created_at } = batch;
  return { id, size, correlation_id, created_at: rfc3339(created_at) };
}

/** A batch with its members, in the order they were given, or null. */
export async function getBatch(db: Database, id: string): Promise<BatchDetail | null> {
  const [batch] = await db.query<BatchRow>(GET_BATCH, [id]);
  if (batch === undefined) return null;
  const notifications = (await db.query<NotificationRow>(GET_MEMBERS, [id])).map(resourceOf);
  return {
    ...batch,
    created_at: rfc3339(batch.created_at),
    ...standing(notifications),
    notifications,
  };
}

function standing(notifications: NotificationResource[]): Pick<BatchDetail, 'counts' | 'progress'> {
  const counts = countByStatus(notifications);
  const ended = notifications.filter(({ status }) => isTerminal(status)).length;
  return { counts, progress: { ended, ratio: ended / Math.max(1, notifications.length) } };
}

function countByStatus(notifications: NotificationResource[]): Partial<Record<Status, number>> {
  const counts: Partial<Record<Status, number>> = {};
  for (const { status } of notifications) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function resourceOf(row: NotificationRow): NotificationResource {
  return {
    ...row,
    scheduled_at: rfc3339(row.scheduled_at),
    expires_at: rfc3339(row.expires_at),
    next_retry_at: rfc3339(row.next_retry_at),
    last_attempted_at: rfc3339(row.last_attempted_at),
    delivered_at: rfc3339(row.delivered_at),
    failed_at: rfc3339(row.failed_at),
    cancelled_at: rfc3339(row.cancelled_at),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  };
}

/** The newest known state of a notification, as a listener is told it first: what an event says of it. */
export type Snapshot = {
  notification_id: string;
  batch_id: string | null;
  channel: string;
  priority: string;
  status: Status;
  version: number;
  attempt: number;
  max_attempts: number;
  at: number;
  provider: string | null;
  provider_message_id: string | null;
  reason: string | null;
  next_retry_at: number | null;
  correlation_id: string | null;
};

/** One that was read, with the next offset of each partition of the status log then: what is before is in it. */
export type ReadSnapshot = Snapshot & { log_offsets: Record<string, number> | null };

const SNAPSHOT_COLUMNS = `id AS notification_id, batch_id, channel, priority, status, version, attempts AS attempt,
  max_attempts, updated_at AS at, provider, provider_message_id, failure_reason AS reason, next_retry_at,
  correlation_id,
  (SELECT json_object_agg(partition, next_offset) FROM stream_progress WHERE topic = '${STATUS_TOPIC}') AS log_offsets`;

const GET_SNAPSHOTS: Statement = {
  name: 'get_snapshots',
  text: `SELECT ${SNAPSHOT_COLUMNS} FROM notifications WHERE id = ANY ($1::uuid[])`,
};
const GET_BATCH_SNAPSHOTS: Statement = {
  name: 'get_batch_snapshots',
  text: `SELECT ${SNAPSHOT_COLUMNS} FROM notifications WHERE batch_id = $1 ORDER BY id LIMIT $2`,
};

/** The newest known state of each notification; an unknown id is missing. */
export function getSnapshots(db: Database, ids: string[]): Promise<ReadSnapshot[]> {
  return db.query<ReadSnapshot>(GET_SNAPSHOTS, [ids]);
}

/** The newest known state of a batch's members, at most `limit` of them. */
export function getBatchSnapshots(db: Database, batchId: string, limit: number): Promise<ReadSnapshot[]> {
  return db.query<ReadSnapshot>(GET_BATCH_SNAPSHOTS, [batchId, limit]);
}

export { COLUMNS as NOTIFICATION_COLUMNS, resourceOf, type NotificationRow };
