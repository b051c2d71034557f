import type { Admin } from 'kafkajs';
import type { KafkaHandle } from './connect.ts';

/**
 * Whether a group is done with every record of the topics that was appended before a moment: its committed offset
 * stands at, or behind, the first record of that moment or later, in every partition.
 */
export async function isPast(options: {
  kafka: KafkaHandle;
  groupId: string;
  topics: readonly string[];
  /** Epoch milliseconds, by the broker's clock. */
  momentMs: number;
}): Promise<boolean> {
  const admin = await options.kafka.admin();
  for (const topic of options.topics) if (!(await isPastOf(admin, topic, options))) return false;
  return true;
}

async function isPastOf(
  admin: Admin,
  topic: string,
  { groupId, momentMs }: { groupId: string; momentMs: number },
): Promise<boolean> {
  // One after the other: kafkajs may take another topic's metadata for this one's.
  const firstLater = await admin.fetchTopicOffsetsByTimestamp(topic, momentMs);
  const ranges = await admin.fetchTopicOffsets(topic);
  const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const committed = new Map(group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  const lowest = new Map(ranges.map(({ partition, low }) => [partition, Number(low)]));
  return firstLater.every(({ partition, offset }) => {
    const low = lowest.get(partition) ?? 0;
    return Math.max(low, committed.get(partition) ?? 0) >= Number(offset);
  });
}
