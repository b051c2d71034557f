import avro, { type Type } from 'avsc';
import { type Notification, notificationSchema } from './generated/notification.ts';
import { type StatusEvent, statusEventSchema } from './generated/status-event.ts';

/** One record type of schemas/: its registry subject, its schema, and how its Avro bytes are made. */
export type Codec<T> = {
  /** Name of the subject in the schema registry: the record's full name, whatever the topic. */
  subject: string;
  /** The Avro schema as JSON text. */
  schema: string;
  type: Type;
  /** Avro binary without any framing. Throws when the value does not fit the schema: a bug of the caller. */
  encode(value: T): Buffer;
};

function codec<T>(schema: string): Codec<T> {
  const type = avro.Type.forSchema(JSON.parse(schema), { wrapUnions: false });
  if (type.name === undefined) throw new Error('a schema of schemas/ has no name');
  return { subject: type.name, schema, type, encode: (value) => type.toBuffer(value) };
}

export const notificationCodec: Codec<Notification> = codec(notificationSchema);
export const statusEventCodec: Codec<StatusEvent> = codec(statusEventSchema);

/** Everything the schema registry has to know. */
export const codecs = [notificationCodec, statusEventCodec] as const;
