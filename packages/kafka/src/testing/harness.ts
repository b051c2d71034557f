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
export async function newTopic(partitions = 1, config: Record<string, string> = {}): Promise<string> {
  const topic = `test-${randomUUID()}`;
  await createTopics({ brokers: (await addresses()).brokers, topics: [{ topic, partitions, config }] });
  return topic;
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
