import { codecs, type Notification, notificationCodec } from '@fanfare/contracts';
import { isRecord } from '@fanfare/domain';
import { createPublisher, type KafkaHandle, type OutgoingRecord } from '@fanfare/kafka';

/** A producing service: writes to work topics by itself, and registers schemas of its own. */
export type Producer = {
  /** False when Kafka did not acknowledge the records in time: they may be there, or still come. */
  produce: (records: readonly OutgoingRecord[]) => Promise<boolean>;
  /** Avro in the Confluent wire format, by the schema in use. */
  encode: (notification: Notification) => Buffer;
  /** Goes over to a schema that nobody has seen yet: ours with one more field. */
  adoptNewSchema: () => Promise<void>;
  close: () => Promise<void>;
};

/** Of a schema with another int at its end, whose value is 0. */
const ONE_MORE_FIELD = Buffer.from([0]);

export type ProducerOptions = { kafka: KafkaHandle; registryUrl: string; deadlineMs: number };

export async function createProducer({ kafka, registryUrl, deadlineMs }: ProducerOptions): Promise<Producer> {
  const publisher = createPublisher({ kafka, deadlineMs });
  const [ours] = codecs;
  let schema = { id: await register(registryUrl, ours.subject, ours.schema), more: Buffer.alloc(0) };
  let generation = 0;

  async function adoptNewSchema(): Promise<void> {
    generation += 1;
    const subject = `chaos.producer-${generation}`;
    schema = { id: await register(registryUrl, subject, extended(generation)), more: ONE_MORE_FIELD };
  }

  return {
    produce: (records) =>
      publisher.publish(records).then(
        () => true,
        () => false,
      ),
    encode: (notification) => {
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(schema.id, 1);
      return Buffer.concat([prefix, notificationCodec.encode(notification), schema.more]);
    },
    adoptNewSchema,
    close: () => publisher.close(),
  };
}

function extended(generation: number): string {
  const schema = JSON.parse(notificationCodec.schema) as { fields: object[] };
  const field = { name: `chaos_${generation}`, type: 'int', default: 0 };
  return JSON.stringify({ ...schema, fields: [...schema.fields, field] });
}

/** Returns the id under which the registry knows a schema, new or not. */
async function register(registryUrl: string, subject: string, schema: string): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema }),
  });
  const body: unknown = await response.json();
  if (isRecord(body) && typeof body['id'] === 'number') return body['id'];
  throw new Error(`the registry answered ${response.status} to ${subject}: ${JSON.stringify(body)}`);
}
