import type { Producer } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaHandle } from './connect.ts';
import { createKnownTopics, type KnownTopics } from './known-topics.ts';
import { type BoundedMessage, partitioner } from './partitioner.ts';
import { isFinal, PublishRefused, PublishTimeout, refusalReason } from './publish-errors.ts';
import { type PublishRequest, splitBySize } from './split.ts';
import { within } from './within.ts';

/** A record on its way to Kafka. Without a key and a partition it goes to any partition. */
export type OutgoingRecord = {
  topic: string;
  key: string | Buffer | null;
  value: Buffer | null;
  headers?: Record<string, string | Buffer>;
  partition?: number;
  /**
   * Nobody relies on records of one key being in order: the few of one publish go to one partition together, in turn,
   * which costs the broker, its readers and us a part of what a batch for each partition would.
   */
  unordered?: boolean;
};

export type Publisher = {
  /**
   * Resolves when every record is acknowledged by all in-sync replicas.
   *
   * @throws PublishTimeout when the deadline passed first; some of the records may have been stored, or still be.
   * @throws PublishRefused when the broker will never take some of them; all others are stored.
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  /** What is still under way is given two seconds. */
  close(): Promise<void>;
};

/** What may wait for acknowledgement: a few seconds of the highest rate, and little enough to hold. */
const BACKLOG_BYTES_MAX = 64 * 1024 * 1024;
const RETRY_PAUSE_MS = 200;
const CLOSE_TIMEOUT_MS = 2_000;
/** For what passes at once, such as a new leader; the loop here goes on until the deadline. */
const CLIENT_RETRIES = 2;

/**
 * One producer. Not idempotent: kafkajs's idempotent mode can lose a record when two requests are under way and one
 * reply is lost; a record that is stored twice is recognised by its id.
 *
 * @param options.deadlineMs after which a publish is given up, 10 s by default: kafkajs itself may hang far longer
 */
export function createPublisher(options: { kafka: KafkaHandle; deadlineMs?: number }): Publisher {
  const { deadlineMs = 10_000 } = options;
  const producer = options.kafka.newClient().producer({
    createPartitioner: partitioner,
    allowAutoTopicCreation: false,
    idempotent: false,
    retry: { retries: CLIENT_RETRIES },
  });
  const sender: Sender = {
    producer,
    connection: sharedConnection(producer),
    knownTopics: createKnownTopics(options.kafka),
    deadlineMs,
    backlogBytes: 0,
  };

  async function publish(records: readonly OutgoingRecord[]): Promise<void> {
    const giveUpAt = performance.now() + deadlineMs;
    await allOf(splitBySize(records).map((request) => sendBounded(sender, { ...request, giveUpAt })));
  }

  return { publish, close: () => within(CLOSE_TIMEOUT_MS, producer.disconnect()) };
}

type Sender = {
  producer: Producer;
  connection: SharedConnection;
  knownTopics: KnownTopics;
  deadlineMs: number;
  backlogBytes: number;
};
type Sending = PublishRequest & { giveUpAt: number; lastError?: unknown };

async function sendBounded(sender: Sender, sending: Sending): Promise<void> {
  if (sender.backlogBytes > 0 && sender.backlogBytes + sending.bytes > BACKLOG_BYTES_MAX)
    throw new PublishTimeout('too much is waiting for Kafka already');
  sender.backlogBytes += sending.bytes;
  const sent = sendUntilDeadline(sender, sending).finally(() => (sender.backlogBytes -= sending.bytes));
  await beforeDeadline(sent, sending);
}

/** Starts over after a failure that may pass. */
async function sendUntilDeadline(sender: Sender, sending: Sending): Promise<void> {
  for (;;) {
    try {
      return await sendOnce(sender, sending);
    } catch (error) {
      sending.lastError = error;
      sender.connection.doubt();
      const parts = suspects(sending, error);
      if (parts.length > 1) return allOf(parts.map((part) => sendUntilDeadline(sender, part)));
      if (isFinal(error) || performance.now() + RETRY_PAUSE_MS > sending.giveUpAt) throw verdict(sending);
      await sleep(RETRY_PAUSE_MS);
    }
  }
}

async function sendOnce(sender: Sender, { records, giveUpAt }: Sending): Promise<void> {
  const groups = groupByTopic(records, giveUpAt);
  await sender.connection.made();
  await sender.knownTopics(groups.keys());
  const topicMessages = Array.from(groups, ([topic, messages]) => ({ topic, messages }));
  await sender.producer.sendBatch({ acks: -1, timeout: sender.deadlineMs, topicMessages });
}

/**
 * Kafka refuses a request as a whole without saying for which record. Its topics are tried one by one, then its
 * records; of an unknown topic all are guilty.
 */
function suspects(sending: Sending, error: unknown): Sending[] {
  const { records } = sending;
  if (refusalReason(error) === null) return [sending];
  const byTopic = Map.groupBy(records, ({ topic }) => topic);
  if (byTopic.size > 1) return Array.from(byTopic.values(), (part) => narrowed(sending, part));
  return isFinal(error) ? records.map((record) => narrowed(sending, [record])) : [sending];
}

function narrowed(sending: Sending, records: OutgoingRecord[]): Sending {
  return { ...sending, records };
}

/** What to tell of a request that failed with its last error. */
function verdict({ records, lastError }: Sending): PublishTimeout | PublishRefused {
  const reason = refusalReason(lastError);
  return reason === null
    ? new PublishTimeout('Kafka did not acknowledge the records in time', { cause: lastError })
    : new PublishRefused(records.map((record) => ({ record, reason })));
}

/** A refusal says that all the others are stored, so it counts only when nothing else went wrong. */
async function allOf(all: Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(all);
  const errors: unknown[] = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  const refusals = errors.filter((error) => error instanceof PublishRefused);
  if (errors.length > refusals.length) throw errors.find((error) => !(error instanceof PublishRefused));
  if (refusals.length > 0) throw new PublishRefused(refusals.flatMap(({ refused }) => refused));
}

/** Of a large publish so many unordered records go to one partition, then to the next: enough to share its cost. */
const TOGETHER_MAX = 64;
/** Whose turn among the partitions it is; begins anywhere, so that many processes do not begin at the same one. */
let turn = Math.floor(Math.random() * 1_000_000);

function groupByTopic(records: readonly OutgoingRecord[], giveUpAt: number): Map<string, BoundedMessage[]> {
  const groups = new Map<string, BoundedMessage[]>();
  turn += 1;
  for (const record of records) {
    const group = groups.get(record.topic) ?? [];
    if (group.length === 0) groups.set(record.topic, group);
    if (group.length > 0 && group.length % TOGETHER_MAX === 0) turn += 1;
    group.push(toMessage(record, giveUpAt));
  }
  return groups;
}

function toMessage(
  { key, value, headers = {}, partition, unordered }: OutgoingRecord,
  giveUpAt: number,
): BoundedMessage {
  const message: BoundedMessage = { key, value, headers, giveUpAt };
  if (unordered === true) message.turn = turn;
  if (partition !== undefined) message.partition = partition;
  return message;
}

function beforeDeadline(sent: Promise<void>, sending: Sending): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(verdict(sending)), sending.giveUpAt - performance.now());
    sent.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

type SharedConnection = {
  made(): Promise<void>;
  /** Makes sure of the connection again before anything else is sent. */
  doubt(): void;
};

/**
 * Everybody waits for one attempt: while Kafka is away, requests in kafkajs's hands would each look for a broker of
 * their own.
 */
function sharedConnection(producer: Producer): SharedConnection {
  let connected: Promise<void> | null = null;
  const doubt = (): void => {
    connected = null;
  };

  async function connect(): Promise<void> {
    try {
      await producer.connect();
    } catch (error) {
      doubt();
      throw error;
    }
  }

  return { doubt, made: () => (connected ??= connect()) };
}
