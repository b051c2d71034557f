import { type Channel, parseRetryTopic } from '@fanfare/contracts';
import type { KafkaHandle } from './connect.ts';

export type PartitionRange = { partition: number; low: number; high: number };

/** The first offset of each partition of a topic, and the one that its next record will get. */
export async function endOffsets(options: { kafka: KafkaHandle; topic: string }): Promise<PartitionRange[]> {
  const admin = await options.kafka.admin();
  const offsets = await admin.fetchTopicOffsets(options.topic);
  return offsets.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }));
}

/** Records that a group has yet to commit, over all partitions of the topics. */
export async function lag(options: {
  kafka: KafkaHandle;
  groupId: string;
  topics: readonly string[];
}): Promise<number> {
  const { kafka, groupId, topics } = options;
  const admin = await kafka.admin();
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
  let behind = 0;
  for (const { topic, partitions } of committed) {
    const positions = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    // One topic at a time: kafkajs may take another's metadata for this one's.
    for (const range of await endOffsets({ kafka, topic }))
      behind += behindBy(range, positions.get(range.partition) ?? -1);
  }
  return behind;
}

/** A group that has committed nothing starts at the first record there is; so does one whose next one is gone. */
function behindBy({ low, high }: PartitionRange, committed: number): number {
  return Math.max(0, high - Math.max(low, committed));
}

export type RetryLevel = { topic: string; channel: Channel; level: number };

/** The retry topics that exist, whatever today's settings say: movers drain them all. */
export async function listRetryLevels(kafka: KafkaHandle): Promise<RetryLevel[]> {
  const admin = await kafka.admin();
  const topics = await admin.listTopics();
  return topics.flatMap((topic) => {
    const parsed = parseRetryTopic(topic);
    return parsed === null ? [] : [{ topic, ...parsed }];
  });
}

const CHECK_TIMEOUT_MS = 2_000;

/** One small request. Rejects, within 2 s, when no broker answers. */
export async function kafkaCheck(kafka: KafkaHandle): Promise<void> {
  const asked = kafka.admin().then((admin) => admin.describeCluster());
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no Kafka broker answered')), CHECK_TIMEOUT_MS);
    asked.then(() => resolve(), reject).finally(() => clearTimeout(timer));
  });
}
