// Generated from schemas/status-event.avsc by packages/contracts/generate.ts. Edit the schema.
/** One change of state of one notification. Holds no recipient and no content: the status log is free of personal data. */
export type StatusEvent = {
  notification_id: string;
  tenant_id: string;
  batch_id: string | null;
  template_id: string | null;
  channel: string;
  priority: string;
  /** pending, queued, processing, retrying, delivered, failed, cancelled or expired. */
  status: string;
  /** Orders the states of one notification; a reader keeps the highest. */
  version: number;
  /** How often the notification was redriven from the dead letters. */
  cycle: number;
  attempt: number;
  max_attempts: number;
  at: number;
  /** When the attempt that led here was claimed. */
  started_at: number | null;
  /** How long the provider took to answer. */
  duration_ms: number | null;
  provider: string | null;
  provider_message_id: string | null;
  /** accepted, rejected, throttled, unavailable or unknown. */
  outcome: string | null;
  reason: string | null;
  next_retry_at: number | null;
  correlation_id: string | null;
  source: string | null;
};

export const statusEventSchema = `{
  "type": "record",
  "name": "StatusEvent",
  "namespace": "fanfare",
  "doc": "One change of state of one notification. Holds no recipient and no content: the status log is free of personal data.",
  "fields": [
    { "name": "notification_id", "type": "string" },
    { "name": "tenant_id", "type": "string", "default": "default" },
    { "name": "batch_id", "type": ["null", "string"], "default": null },
    { "name": "template_id", "type": ["null", "string"], "default": null },
    { "name": "channel", "type": "string" },
    { "name": "priority", "type": "string" },
    {
      "name": "status",
      "type": "string",
      "doc": "pending, queued, processing, retrying, delivered, failed, cancelled or expired."
    },
    {
      "name": "version",
      "type": "int",
      "doc": "Orders the states of one notification; a reader keeps the highest."
    },
    {
      "name": "cycle",
      "type": "int",
      "doc": "How often the notification was redriven from the dead letters."
    },
    { "name": "attempt", "type": "int" },
    { "name": "max_attempts", "type": "int" },
    { "name": "at", "type": { "type": "long", "logicalType": "timestamp-millis" } },
    {
      "name": "started_at",
      "type": ["null", { "type": "long", "logicalType": "timestamp-millis" }],
      "default": null,
      "doc": "When the attempt that led here was claimed."
    },
    {
      "name": "duration_ms",
      "type": ["null", "int"],
      "default": null,
      "doc": "How long the provider took to answer."
    },
    { "name": "provider", "type": ["null", "string"], "default": null },
    { "name": "provider_message_id", "type": ["null", "string"], "default": null },
    {
      "name": "outcome",
      "type": ["null", "string"],
      "default": null,
      "doc": "accepted, rejected, throttled, unavailable or unknown."
    },
    { "name": "reason", "type": ["null", "string"], "default": null },
    {
      "name": "next_retry_at",
      "type": ["null", { "type": "long", "logicalType": "timestamp-millis" }],
      "default": null
    },
    { "name": "correlation_id", "type": ["null", "string"], "default": null },
    { "name": "source", "type": ["null", "string"], "default": null }
  ]
}`;
