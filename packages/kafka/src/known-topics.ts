import type { KafkaHandle } from './connect.ts';
import { UnknownTopic } from './publish-errors.ts';

/** @throws UnknownTopic when Kafka has no such topic (yet) */
export type KnownTopics = (topics: Iterable<string>) => Promise<void>;

/**
 * A topic is asked for before its first record is given to kafkajs: while kafkajs looks for one that does not exist,
 * it fails the records of other topics as well.
 */
export function createKnownTopics(kafka: KafkaHandle): KnownTopics {
  const known = new Set<string>();

  return async (topics) => {
    const unknown = [...topics].filter((topic) => !known.has(topic));
    if (unknown.length === 0) return;
    const admin = await kafka.admin();
    for (const topic of await admin.listTopics()) known.add(topic);
    const missing = unknown.find((topic) => !known.has(topic));
    if (missing !== undefined) throw new UnknownTopic(`there is no topic ${missing}`);
  };
}
