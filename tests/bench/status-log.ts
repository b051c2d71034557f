import { STATUS_TOPIC } from '@fanfare/contracts';
import {
  connectKafka,
  createSerde,
  endOffsets,
  type PartitionRange,
  readStatusEvent,
  readTopic,
} from '@fanfare/kafka';
import { silent } from './work-topics.ts';

/** The status topic as anybody may read it: the witness of what there was to tell. */
export type StatusLog = {
  /** Where it ends at this moment. */
  mark: () => Promise<PartitionRange[]>;
  /** What has come since, in each notification's order. */
  since: (mark: readonly PartitionRange[]) => Promise<Logged[]>;
  close: () => Promise<void>;
};

export type Logged = {
  /** Of the notification. */
  id: string;
  version: number;
  /** When the broker appended it, in milliseconds since 1970. */
  at: number;
};

export function openStatusLog(env: Readonly<Record<string, string>>): StatusLog {
  const kafka = connectKafka({
    brokers: (env['KAFKA_BROKERS'] ?? '').split(','),
    clientId: 'bench-status',
    log: silent,
  });
  const serde = createSerde({ registryUrl: env['SCHEMA_REGISTRY_URL'] ?? '' });
  const topic = STATUS_TOPIC;

  async function since(mark: readonly PartitionRange[]): Promise<Logged[]> {
    const logged: Logged[] = [];
    const lows = new Map(mark.map(({ partition, high }) => [partition, high]));
    const ends = await endOffsets({ kafka, topic });
    await readTopic({
      kafka,
      topic,
      ranges: ends.map(({ partition, low, high }) => ({
        partition,
        low: lows.get(partition) ?? low,
        high,
      })),
      onRecords: async (records) => {
        for (const { value, timestampMs: at } of records) {
          const { notification_id: id, version } = await readStatusEvent(serde, value);
          logged.push({ id, version, at });
        }
      },
    });
    return logged;
  }

  return { mark: () => endOffsets({ kafka, topic }), since, close: () => kafka.close() };
}
