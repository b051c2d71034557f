// Generated from schemas/notification.avsc by packages/contracts/generate.ts. Edit the schema.
/** One message to one recipient. Value of every work and retry topic; the record key is its id. */
export type Notification = {
  /** UUID; empty beside source and idempotency_key, from which it then follows. The same id with other content is refused. */
  id: string;
  tenant_id: string;
  /** sms, email or push. A string, so that a new channel breaks no reader. */
  channel: string;
  /** E.164 number, e-mail address or push token, by channel. */
  recipient: string;
  /** The text. Null with a template_id: the rendered template takes its place. */
  content: string | null;
  /** Of email alone: one line of at most 998 code points. */
  subject: string | null;
  /** Of email alone: the same as content in HTML, at most 100 000 code points; content is its text alternative. */
  html: string | null;
  /** high, normal or low. The topic decides. */
  priority: string;
  template_id: string | null;
  /** A JSON object as text. */
  template_variables: string | null;
  /** A JSON object as text, at most 8 KiB. */
  metadata: string | null;
  batch_id: string | null;
  correlation_id: string | null;
  idempotency_key: string | null;
  /** Name of the producing service. */
  source: string | null;
  scheduled_at: number | null;
  expires_at: number | null;
  /** 1 to 10. */
  max_attempts: number;
  /** at_least_once or at_most_once. */
  delivery_mode: string;
  created_at: number | null;
};

export const notificationSchema = `{
  "type": "record",
  "name": "Notification",
  "namespace": "fanfare",
  "doc": "One message to one recipient. Value of every work and retry topic; the record key is its id.",
  "fields": [
    {
      "name": "id",
      "type": "string",
      "doc": "UUID; empty beside source and idempotency_key, from which it then follows. The same id with other content is refused.",
      "default": ""
    },
    {
      "name": "tenant_id",
      "type": "string",
      "default": "default"
    },
    {
      "name": "channel",
      "type": "string",
      "doc": "sms, email or push. A string, so that a new channel breaks no reader."
    },
    {
      "name": "recipient",
      "type": "string",
      "doc": "E.164 number, e-mail address or push token, by channel."
    },
    {
      "name": "content",
      "type": ["null", "string"],
      "default": null,
      "doc": "The text. Null with a template_id: the rendered template takes its place."
    },
    {
      "name": "subject",
      "type": ["null", "string"],
      "default": null,
      "doc": "Of email alone: one line of at most 998 code points."
    },
    {
      "name": "html",
      "type": ["null", "string"],
      "default": null,
      "doc": "Of email alone: the same as content in HTML, at most 100 000 code points; content is its text alternative."
    },
    {
      "name": "priority",
      "type": "string",
      "default": "normal",
      "doc": "high, normal or low. The topic decides."
    },
    {
      "name": "template_id",
      "type": ["null", "string"],
      "default": null
    },
    {
      "name": "template_variables",
      "type": ["null", "string"],
      "default": null,
      "doc": "A JSON object as text."
    },
    {
      "name": "metadata",
      "type": ["null", "string"],
      "default": null,
      "doc": "A JSON object as text, at most 8 KiB."
    },
    {
      "name": "batch_id",
      "type": ["null", "string"],
      "default": null
    },
    {
      "name": "correlation_id",
      "type": ["null", "string"],
      "default": null
    },
    {
      "name": "idempotency_key",
      "type": ["null", "string"],
      "default": null
    },
    {
      "name": "source",
      "type": ["null", "string"],
      "default": null,
      "doc": "Name of the producing service."
    },
    {
      "name": "scheduled_at",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "default": null
    },
    {
      "name": "expires_at",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "default": null
    },
    {
      "name": "max_attempts",
      "type": "int",
      "default": 5,
      "doc": "1 to 10."
    },
    {
      "name": "delivery_mode",
      "type": "string",
      "default": "at_least_once",
      "doc": "at_least_once or at_most_once."
    },
    {
      "name": "created_at",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "default": null
    }
  ]
}`;
