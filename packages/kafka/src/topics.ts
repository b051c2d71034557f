import type { TopicSpec } from '@fanfare/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectKafka } from './connect.ts';

const REPLICAS_MAX = 3;
const CREATE_TIMEOUT_MS = 20_000;
const ELECTION_PAUSE_MS = 50;

/**
 * Makes the topics that are missing and sets the settings of those that exist. Resolves with the names of the new
 * ones when every one has its leaders. Three replicas where there are three brokers.
 */
export async function createTopics(options: { brokers: string[]; topics: TopicSpec[] }): Promise<string[]> {
  const kafka = connectKafka({ brokers: options.brokers, clientId: 'fanfare-topics', log: silent });
  try {
    return await createMissing(await kafka.admin(), options.topics);
  } finally {
    await kafka.close();
  }
}

async function createMissing(admin: Admin, topics: TopicSpec[]): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const { brokers } = await admin.describeCluster();
  const missing = topics.filter(({ topic }) => !existing.has(topic));
  if (missing.length > 0) await create(admin, missing, Math.min(REPLICAS_MAX, brokers.length));
  const present = topics.filter(({ topic }) => existing.has(topic));
  if (present.length > 0) await configure(admin, present);
  for (const { topic } of missing) await led(admin, topic);
  return missing.map(({ topic }) => topic);
}

/** Somebody else may make them at the same time: that they exist then is what was wanted. */
async function create(admin: Admin, topics: TopicSpec[], replicationFactor: number): Promise<void> {
  await admin.createTopics({
    waitForLeaders: true,
    timeout: CREATE_TIMEOUT_MS,
    topics: topics.map(({ topic, partitions, config }) => ({
      topic,
      replicationFactor,
      numPartitions: partitions,
      configEntries: entriesOf(config),
    })),
  });
}

/** A leader is named a moment before it knows of it itself: only its own answer says that it is there. */
async function led(admin: Admin, topic: string): Promise<void> {
  const giveUpAt = performance.now() + CREATE_TIMEOUT_MS;
  for (;;) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await sleep(ELECTION_PAUSE_MS);
    }
  }
}

async function configure(admin: Admin, topics: TopicSpec[]): Promise<void> {
  await admin.alterConfigs({
    validateOnly: false,
    resources: topics.map(({ topic, config }) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: topic,
      configEntries: entriesOf(config),
    })),
  });
}

function entriesOf(config: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name, value }));
}

/** What goes wrong is thrown; the steps are the caller's to tell. */
const silent = { error: ignore, warn: ignore, info: ignore, debug: ignore };

function ignore(): void {
  // Nobody listens.
}
