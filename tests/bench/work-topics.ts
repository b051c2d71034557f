import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, CHANNELS, deliveryGroup, HEADER, PRIORITIES, workTopic } from '@fanfare/contracts';
import { connectKafka, endOffsets, type KafkaHandle, lag, readTopic } from '@fanfare/kafka';

/** The work topics as anybody may read them: when a record came there is the broker's word, not ours. */
export type WorkTopics = {
  /** Records of all channels that delivery has yet to commit. */
  queued: () => Promise<number>;
  /** Where the topics of sms end at this moment. */
  mark: () => Promise<Mark>;
  /** What has come to the topics of sms since. */
  since: (mark: Mark) => Promise<Appended[]>;
  close: () => Promise<void>;
};

export type Appended = {
  /** Of the notification. */
  id: string;
  /** When the broker appended it, in milliseconds since 1970. */
  at: number;
  /** For a retry, when it was due. */
  notBefore: number | null;
};

/** The next offset of each partition, by topic. */
type Mark = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Connects when it is first asked. */
export function openWorkTopics(brokers: string): WorkTopics {
  const kafka = connectKafka({ brokers: brokers.split(','), clientId: 'bench', log: silent });
  return {
    queued: () => patiently(() => queued(kafka)),
    mark: () => mark(kafka),
    since: async (marked) => {
      const appended: Appended[] = [];
      for (const [topic, ends] of marked) appended.push(...(await readSince(kafka, topic, ends)));
      return appended;
    },
    close: () => kafka.close(),
  };
}

// One topic after the other in all of these: kafkajs may take one's metadata for another's.

async function queued(kafka: KafkaHandle): Promise<number> {
  let sum = 0;
  for (const channel of CHANNELS)
    sum += await lag({ kafka, groupId: deliveryGroup(channel), topics: topicsOf(channel) });
  return sum;
}

const TRIES_MAX = 20;
const BETWEEN_TRIES_MS = 500;

/** A broker that no group has asked before needs a moment to become their coordinator. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
      await sleep(BETWEEN_TRIES_MS);
    }
  }
}

async function mark(kafka: KafkaHandle): Promise<Mark> {
  const ends = new Map<string, Map<number, number>>();
  for (const topic of topicsOf('sms')) {
    const ranges = await endOffsets({ kafka, topic });
    ends.set(topic, new Map(ranges.map(({ partition, high }) => [partition, high])));
  }
  return ends;
}

function topicsOf(channel: Channel): string[] {
  return PRIORITIES.map((priority) => workTopic(channel, priority));
}

async function readSince(
  kafka: KafkaHandle,
  topic: string,
  ends: ReadonlyMap<number, number>,
): Promise<Appended[]> {
  const appended: Appended[] = [];
  const ranges = await endOffsets({ kafka, topic });
  await readTopic({
    kafka,
    topic,
    ranges: ranges.map(({ partition, low, high }) => ({ partition, low: ends.get(partition) ?? low, high })),
    onRecords: async (records) => {
      for (const { key, timestampMs, headers } of records) {
        const notBefore = headers[HEADER.notBefore];
        appended.push({
          id: key?.toString() ?? '',
          at: timestampMs,
          notBefore: notBefore === undefined ? null : Number(notBefore),
        });
      }
    },
  });
  return appended;
}

export const silent = { error: ignore, warn: ignore, info: ignore, debug: ignore };

function ignore(): void {
  // What matters is thrown.
}
