import type { Channel, Priority } from './journey.ts';

/** A notification's state as clients see it. */
export const STATUSES = [
  'pending',
  'queued',
  'processing',
  'retrying',
  'delivered',
  'failed',
  'cancelled',
  'expired',
] as const;
export type Status = (typeof STATUSES)[number];

export const DELIVERY_MODES = ['at_least_once', 'at_most_once'] as const;
export type DeliveryMode = (typeof DELIVERY_MODES)[number];

/** A notification as REST answers it. Times are RFC 3339 in UTC; what is absent is null. */
export type NotificationResource = {
  id: string;
  correlation_id: string | null;
  batch_id: string | null;
  template_id: string | null;
  channel: Channel;
  recipient: string;
  content: string | null;
  metadata: Record<string, unknown> | null;
  status: Status;
  priority: Priority;
  scheduled_at: string | null;
  expires_at: string | null;
  failure_reason: string | null;
  attempts: number;
  max_attempts: number;
  next_retry_at: string | null;
  last_attempted_at: string | null;
  delivered_at: string | null;
  failed_at: string | null;
  cancelled_at: string | null;
  provider: string | null;
  provider_message_id: string | null;
  idempotency_key: string | null;
  delivery_mode: DeliveryMode;
  created_at: string;
  updated_at: string;
};

/** What a batch was accepted as. */
export type BatchResource = { id: string; size: number; correlation_id: string | null; created_at: string };

/** A batch with its members and how many are in each status. */
export type BatchDetail = BatchResource & {
  metadata: Record<string, unknown> | null;
  counts: Partial<Record<Status, number>>;
  notifications: NotificationResource[];
};

export type TraceEntry = {
  id: string;
  event: 'created' | Status;
  correlation_id: string | null;
  details: Record<string, unknown>;
  created_at: string;
};
export type Trace = { notification_id: string; entries: TraceEntry[] };

/** One fault of a request. `field` is a path such as `recipient` or `notifications[3].content`. */
export type FieldError = { field: string; message: string };

/** An error answer, RFC 9457. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail?: string;
  instance?: string;
  correlation_id?: string;
  errors?: FieldError[];
};
