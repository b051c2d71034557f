import type { Channel, TopicSpec } from '@fanfare/contracts';
import type { KafkaHandle } from './connect.ts';

/**
 * Makes the topics that are missing and sets the settings of those that exist. Resolves with the names of the new
 * ones when every topic has its leaders. Three replicas where there are three brokers.
 */
export async function createTopics(options: { brokers: string[]; topics: TopicSpec[] }): Promise<string[]> {
  throw new Error(`not built yet: ${options.topics.length}`);
}

/** Records that a group has yet to commit, over all partitions of the topics. */
export async function lag(options: {
  kafka: KafkaHandle;
  groupId: string;
  topics: readonly string[];
}): Promise<number> {
  throw new Error(`not built yet: ${options.groupId}`);
}

export type PartitionRange = { partition: number; low: number; high: number };

/** The first offset of each partition of a topic, and the one that its next record will get. */
export async function endOffsets(options: { kafka: KafkaHandle; topic: string }): Promise<PartitionRange[]> {
  throw new Error(`not built yet: ${options.topic}`);
}

export type RetryLevel = { topic: string; channel: Channel; level: number };

/** The retry topics that exist, whatever the settings of today say: movers drain them all. */
export async function listRetryLevels(kafka: KafkaHandle): Promise<RetryLevel[]> {
  throw new Error(`not built yet: ${kafka.log.constructor.name}`);
}

/** Rejects, within 2 s, when no broker answers. */
export async function kafkaCheck(kafka: KafkaHandle): Promise<void> {
  throw new Error(`not built yet: ${kafka.log.constructor.name}`);
}
