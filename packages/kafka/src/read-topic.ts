import { randomUUID } from 'node:crypto';
import type { PartitionRange } from './admin.ts';
import type { KafkaHandle } from './connect.ts';
import { consume, type ConsumedRecord, type Consumption } from './consume.ts';
import { within } from './within.ts';

export type ReadTopicOptions = {
  kafka: KafkaHandle;
  topic: string;
  /** From `low` on, up to the record before `high`, as `endOffsets` tells. */
  ranges: readonly PartitionRange[];
  /** Takes records of one partition, in order, each once. More are handed over when it has resolved. */
  onRecords: (records: ConsumedRecord[]) => Promise<void>;
  /** Ends the reading; what is with the receiver is finished first. */
  signal?: AbortSignal;
};

/** Nothing more came from Kafka for so long that nothing may ever. */
export class KafkaAway extends Error {
  readonly code = 'kafka_away';
  override readonly name = 'KafkaAway';
}

/** Of each partition: a fetch of 1 MB of small records, while the receiver has the one before. */
const CAPACITY = 4_096;
const MAX_WAIT_MS = 100;
/** A broker that restarts is back sooner. */
const STALL_MS = 60_000;
const LEAVE_TIMEOUT_MS = 10_000;

/**
 * Reads a part of a topic from its beginning to its end, beside whoever consumes it: in a group of its own that is
 * deleted after it. Rides out a broker that restarts. The newest record of a range must be there: an end that is a
 * transaction's marker, or was compacted away, is never reached.
 *
 * @throws KafkaAway when nothing came for a minute, or what `onRecords` threw
 */
export async function readTopic(options: ReadTopicOptions): Promise<void> {
  const { kafka, topic, ranges, signal } = options;
  const unread = new Map(ranges.map((range) => [range.partition, { ...range }]));
  for (const { partition, low, high } of ranges) if (low >= high) unread.delete(partition);
  if (unread.size === 0 || signal?.aborted === true) return;
  const reading = startReading(options, unread);
  const groupId = `fanfare.read.${randomUUID()}`;
  const joining = consume({
    kafka,
    groupId,
    topics: [topic],
    capacity: CAPACITY,
    maxWaitMs: MAX_WAIT_MS,
    onRecords: reading.push,
    seekTo: (_, partition) => Promise.resolve(unread.get(partition)?.low ?? null),
    onFatal: reading.fail,
  });
  joining.catch(reading.fail);
  try {
    await reading.over;
  } finally {
    await within(
      LEAVE_TIMEOUT_MS,
      joining.then((consumption) => leave(kafka, groupId, consumption)),
    );
  }
}

/** Kafka would keep the group, with what was committed on the way, for a week. */
async function leave(kafka: KafkaHandle, groupId: string, consumption: Consumption): Promise<void> {
  await consumption.stop();
  await (await kafka.admin()).deleteGroups([groupId]);
}

type Reading = {
  push: (records: ConsumedRecord[]) => void;
  /** Settles when everything was handed over, or nothing more will be. */
  over: Promise<void>;
  fail: (error: unknown) => void;
};

/** @param unread the ranges, shortened by what was handed over; the finished ones are taken out */
function startReading(options: ReadTopicOptions, unread: Map<number, PartitionRange>): Reading {
  const { topic, signal } = options;
  const end = Promise.withResolvers<void>();
  let handing = Promise.resolve();
  let isOver = false;

  const stall = setTimeout(() => fail(new KafkaAway(`nothing of ${topic} came for a minute`)), STALL_MS);
  const finish = (): void => {
    isOver = true;
    handing.then(end.resolve, end.reject);
  };
  const fail = (error: unknown): void => {
    isOver = true;
    end.reject(error);
  };
  const hand = async (records: ConsumedRecord[]): Promise<void> => {
    if (isOver) return;
    stall.refresh();
    await handOn(options, unread, records);
    stall.refresh();
    if (unread.size === 0) finish();
  };
  signal?.addEventListener('abort', finish, { once: true });
  const over = end.promise.finally(() => {
    clearTimeout(stall);
    signal?.removeEventListener('abort', finish);
  });
  const push = (records: ConsumedRecord[]): void => {
    handing = handing.then(() => hand(records));
    handing.catch(fail);
  };
  return { push, over, fail };
}

/** Leaves out what came before, as it does when a broker was away, and what lies behind the range. */
async function handOn(
  { onRecords }: ReadTopicOptions,
  unread: Map<number, PartitionRange>,
  records: ConsumedRecord[],
): Promise<void> {
  const [first, last] = [records[0], records.at(-1)];
  const range = first === undefined ? undefined : unread.get(first.partition);
  // What is not wanted any more is never done: the partition fills up and lies still.
  if (range === undefined || last === undefined) return;
  const wanted = records.filter(({ offset }) => offset >= range.low && offset < range.high);
  if (wanted.length > 0) await onRecords(wanted);
  range.low = Math.max(range.low, last.offset + 1);
  if (range.low >= range.high) unread.delete(range.partition);
  for (const record of records) record.done();
}
