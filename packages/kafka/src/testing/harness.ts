import { randomUUID } from 'node:crypto';
import {
  connectKafka,
  consume,
  type ConsumedRecord,
  type ConsumeOptions,
  type Consumption,
  createPublisher,
  createTopics,
  type KafkaHandle,
  type Publisher,
} from '../index.ts';
import { addresses } from './stack.ts';

function ignore(): void {
  // Tests look at what happens, not at what is said of it.
}

/** What a test opened, closed in reverse order after it. */
export type Opened = { add: (close: () => unknown) => void; closeAll: () => Promise<void> };

export function opened(): Opened {
  const closings: (() => unknown)[] = [];
  return {
    add: (close) => void closings.unshift(close),
    async closeAll() {
      for (const close of closings.splice(0)) await close();
    },
  };
}

export async function openKafka(
  open: Opened,
  brokers?: string[],
  onLine: (line: string) => void = ignore,
): Promise<KafkaHandle> {
  const kafka = connectKafka({
    brokers: brokers ?? (await addresses()).brokers,
    clientId: 'test',
    log: { error: onLine, warn: onLine, info: onLine, debug: onLine },
  });
  open.add(() => kafka.close());
  return kafka;
}

export async function openPublisher(open: Opened, deadlineMs?: number): Promise<Publisher> {
  const kafka = await openKafka(open);
  const publisher = createPublisher(deadlineMs === undefined ? { kafka } : { kafka, deadlineMs });
  open.add(() => publisher.close());
  return publisher;
}

/** A topic of the test's own. */
export async function newTopic(
  partitions = 1,
  config: Record<string, string> = {},
  brokers?: string[],
): Promise<string> {
  const topic = `test-${randomUUID()}`;
  await createTopics({
    brokers: brokers ?? (await addresses()).brokers,
    topics: [{ topic, partitions, config }],
  });
  return topic;
}

/** So many records, in turn over the partitions. */
export async function publishSpread(
  publisher: Publisher,
  topic: string,
  { count, partitions }: { count: number; partitions: number },
): Promise<void> {
  await publisher.publish(
    Array.from({ length: count }, (_, index) => ({
      topic,
      key: null,
      partition: index % partitions,
      value: Buffer.from(String(index)),
    })),
  );
}

/** What a group has committed of a topic, by partition; -1 where nothing. */
export async function committedOf(
  kafka: KafkaHandle,
  { groupId, topic }: { groupId: string; topic: string },
): Promise<Map<number, number>> {
  const admin = await kafka.admin();
  const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return new Map(group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
}

/** What a member was told of partitions that came and went. */
export function newMoves() {
  const revoked: number[] = [];
  const assigned: number[] = [];
  const waiting = new Set<() => void>();
  const tell = (list: number[]) => (partitions: { partition: number }[]) => {
    list.push(...partitions.map((each) => each.partition));
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const until = async (isEnough: () => boolean): Promise<void> => {
    while (!isEnough()) await new Promise<void>((resolve) => waiting.add(resolve));
  };
  const initially = { assigned: 0 };
  return {
    revoked,
    options: { onRevoked: tell(revoked), onAssigned: tell(assigned) },
    lost: (count: number) => until(() => revoked.length >= count),
    gained(count: number) {
      initially.assigned ||= assigned.length;
      return until(() => assigned.length >= initially.assigned + count);
    },
  };
}

/** Records as they are handed out, to be waited for. */
export type Inbox = {
  records: ConsumedRecord[];
  onRecords: (records: ConsumedRecord[]) => void;
  /** Resolves when this many have been handed out in all. */
  reached(count: number): Promise<ConsumedRecord[]>;
  /** Resolves when what has been handed out fulfils the condition. */
  when(isEnough: (records: ConsumedRecord[]) => boolean): Promise<ConsumedRecord[]>;
};

export function newInbox(onEach: (record: ConsumedRecord) => void = ignore): Inbox {
  const records: ConsumedRecord[] = [];
  const waiting = new Set<() => void>();

  async function when(isEnough: (all: ConsumedRecord[]) => boolean): Promise<ConsumedRecord[]> {
    while (!isEnough(records)) await new Promise<void>((resolve) => waiting.add(resolve));
    return records;
  }

  return {
    records,
    onRecords(batch) {
      for (const record of batch) {
        records.push(record);
        onEach(record);
      }
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
    when,
    reached: (count) => when((all) => all.length >= count),
  };
}

type Reader = Pick<ConsumeOptions, 'groupId' | 'topics'> & Partial<ConsumeOptions>;

/** A member of a group, with a client of its own as another process would have. Failing for good fails the test. */
export async function openReader(open: Opened, inbox: Inbox, options: Reader): Promise<Consumption> {
  const consumption = await consume({
    kafka: options.kafka ?? (await openKafka(open)),
    maxWaitMs: 100,
    commitEveryMs: 50,
    onRecords: (records) => inbox.onRecords(records),
    onFatal(error) {
      throw error;
    },
    ...options,
  });
  open.add(() => consumption.stop());
  return consumption;
}

export function newGroup(): string {
  return `test-${randomUUID()}`;
}
