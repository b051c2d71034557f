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
  /** Of the template, that it was rendered from. */
  template_version: number | null;
  channel: Channel;
  recipient: string;
  content: string | null;
  subject: string | null;
  html: string | null;
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
  /** How many have come to an end, and their share of all: 1 when nothing more happens by itself. */
  progress: { ended: number; ratio: number };
  notifications: NotificationResource[];
};

/** What cancelling a batch did. The three add up to its size. */
export type BatchCancellation = {
  id: string;
  size: number;
  cancelled: number;
  /** Delivered, failed or expired before, or an attempt of theirs is under way. */
  too_late: number;
  already_cancelled: number;
};

/** A page of notifications, the newest first. A cursor is null where there is nothing more in its direction. */
export type NotificationPage = {
  items: NotificationResource[];
  next_cursor: string | null;
  prev_cursor: string | null;
};

/** What happened in the last minute, in all processes together. */
export type MetricsResource = {
  created_per_minute: number;
  delivered_per_minute: number;
  failed_per_minute: number;
  cancelled_per_minute: number;
  expired_per_minute: number;
  /** Delivered of all that were delivered or failed; null when there was neither. */
  success_rate: number | null;
  /** Records that delivery has yet to be done with; null when Kafka does not answer. */
  queue_depth: number | null;
  as_of: string;
};

/** What is known of a transition. What there is nothing of is left out. */
export type TraceDetails = {
  version: number;
  /** Redrives from the dead letters before it. */
  cycle: number;
  /** The attempt last made, counted from 1 in each cycle. */
  attempt: number;
  /** When that attempt was claimed. */
  started_at?: string;
  /** Who answered it last, with what, and how long that took. */
  provider?: string;
  provider_message_id?: string;
  outcome?: string;
  duration_ms?: number;
  reason?: string;
  next_retry_at?: string;
};
export type TraceEntry = { id: string; correlation_id: string | null; created_at: string } & (
  { event: 'created'; details: Record<string, never> } | { event: Status; details: TraceDetails }
);
export type Trace = { notification_id: string; entries: TraceEntry[] };

/** What a redrive made of a dead letter: redriven, or skipped because of what its notification is by now. */
export const DEAD_LETTER_RESOLUTIONS = [
  'redriven',
  'already_redriven',
  'delivered',
  'cancelled',
  'expired',
  'not_redrivable',
] as const;
export type DeadLetterResolution = (typeof DEAD_LETTER_RESOLUTIONS)[number];

/** `open`: no redrive has looked at it yet. */
export const DEAD_LETTER_STATES = ['open', 'redriven', 'skipped'] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

/** A dead letter as the index knows it; its bytes are at `partition` and `offset` of the dead-letter topic. */
export type DeadLetterResource = {
  id: string;
  notification_id: string | null;
  /** Of the notification, as it is now. */
  notification_status: Status | null;
  cycle: number;
  channel: string | null;
  reason: string;
  message: string | null;
  partition: number;
  offset: number;
  source_topic: string | null;
  source_partition: number | null;
  source_offset: number | null;
  resolution: DeadLetterResolution | null;
  resolved_at: string | null;
  created_at: string;
};
export type DeadLetterPage = { items: DeadLetterResource[]; next_cursor: string | null };

/** What a redrive did, or of a dry run would do. A caller repeats it until nothing is `remaining`. */
export type RedriveReport = {
  dry_run: boolean;
  redriven: number;
  skipped: Record<Exclude<DeadLetterResolution, 'redriven' | 'not_redrivable'>, number>;
  not_redrivable: number;
  /** Open ones that match and were not looked at; counted up to 100 000. */
  remaining: number;
  /** Now. As `before` of the calls that follow it keeps what fails again out of them. */
  as_of: string;
};

export type PurgeReport = Pick<RedriveReport, 'dry_run' | 'remaining' | 'as_of'> & { deleted: number };

/** `paused` by an operator, `throttled` because its provider asked for a pause; one that is both is paused. */
export type LaneStatus = 'open' | 'paused' | 'throttled';

/** One provider of one channel. `position` is its place in the chain of the channel; 0 is asked first. */
export type LaneResource = {
  channel: Channel;
  provider: string;
  position: number;
  status: LaneStatus;
  paused_at: string | null;
  paused_reason: string | null;
  throttled_until: string | null;
  /** When a delivery process last said that it serves it. */
  seen_at: string;
};
export type LaneList = { items: LaneResource[] };

/** A template in one of its versions: the newest, unless it is the answer to an earlier request. */
export type TemplateResource = {
  id: string;
  name: string;
  channel: Channel;
  body: string;
  /** Of email alone, as `html` is. */
  subject: string | null;
  html: string | null;
  /** The names of its values. */
  variables: string[];
  version: number;
  created_at: string;
  updated_at: string;
};
export type TemplatePage = { items: TemplateResource[]; next_cursor: string | null };

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
