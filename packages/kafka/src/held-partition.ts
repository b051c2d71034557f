import type { KafkaMessage } from 'kafkajs';
import { createOffsetTracker } from '@fanfare/domain';
import type { ByteBudget } from './byte-budget.ts';
import type { ConsumedRecord, TopicPartition } from './consume.ts';

/** Why a partition is not fetched: its tracker is full, the process holds too much, or nobody knows yet from where. */
export type Wait = 'room' | 'bytes' | 'position';

/**
 * A partition from the moment it is assigned until it is lost: one epoch. What an earlier epoch of the same
 * partition handed out is stale and moves nothing here.
 */
export type HeldPartition = TopicPartition & {
  waits: Set<Wait>;
  /** Registers what is new among the messages, as far as there is room. `upTo`: the last one that need not come again. */
  take(messages: readonly KafkaMessage[]): { records: ConsumedRecord[]; upTo: string | null };
  /** The log was made anew or its position set back by hand: these offsets mean other records than before. */
  isRewound(messages: readonly KafkaMessage[]): boolean;
  isFull(): boolean;
  isHalf(): boolean;
  inFlight(): number;
  /** One past the newest offset taken, or null. */
  next(): number | null;
  /** The offset to commit, or null when there is nothing to tell. */
  uncommitted(): number | null;
  /** The broker has acknowledged this offset. */
  committed(offset: number): void;
  revoke(): void;
};

type Deps = { capacity: number; budget: ByteBudget; onDone: (held: HeldPartition) => void };

export function holdPartition(at: TopicPartition, deps: Deps): HeldPartition {
  const tracker = createOffsetTracker({ capacity: deps.capacity });
  let next: number | null = null;
  let committedOffset: number | null = null;
  let bytesInFlight = 0;
  let isRevoked = false;

  function take(messages: readonly KafkaMessage[]): { records: ConsumedRecord[]; upTo: string | null } {
    const records: ConsumedRecord[] = [];
    let upTo: string | null = null;
    for (const message of messages) {
      const offset = Number(message.offset);
      const isNew = next === null || offset >= next;
      if (isNew && tracker.isFull()) break;
      if (tracker.begin(offset) === 'new') records.push(handOut(message, offset));
      if (isNew) next = offset + 1;
      upTo = message.offset;
    }
    return { records, upTo };
  }

  function handOut(message: KafkaMessage, offset: number): ConsumedRecord {
    const bytes = (message.key?.length ?? 0) + (message.value?.length ?? 0);
    bytesInFlight += bytes;
    deps.budget.take(bytes);
    const finish = (): void => {
      tracker.done(offset);
      bytesInFlight -= bytes;
      deps.budget.release(bytes);
      deps.onDone(held);
    };
    return toRecord(message, at, { finish, isStale: () => isRevoked });
  }

  /** Whatever is still worked on is the next owner's as well now, so its memory counts no more here. */
  function revoke(): void {
    if (!isRevoked) deps.budget.release(bytesInFlight);
    isRevoked = true;
  }

  const held: HeldPartition = {
    topic: at.topic,
    partition: at.partition,
    waits: new Set(),
    take,
    revoke,
    isFull: () => tracker.isFull(),
    isHalf: () => tracker.isHalf(),
    inFlight: () => (isRevoked ? 0 : tracker.inFlight()),
    next: () => next,
    isRewound: ([first]) => first !== undefined && Number(first.offset) < (committedOffset ?? 0),
    uncommitted: () => (tracker.committable() === committedOffset ? null : tracker.committable()),
    committed: (offset) => void (committedOffset = offset),
  };
  return held;
}

type Epoch = { finish: () => void; isStale: () => boolean };

function toRecord(message: KafkaMessage, { topic, partition }: TopicPartition, epoch: Epoch): ConsumedRecord {
  let isDone = false;
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key,
    value: message.value,
    headers: textHeaders(message.headers),
    timestampMs: Number(message.timestamp),
    isStale: epoch.isStale,
    done() {
      if (isDone || epoch.isStale()) return;
      isDone = true;
      epoch.finish();
    },
  };
}

function textHeaders(headers: KafkaMessage['headers']): Record<string, string> {
  const text: Record<string, string> = {};
  for (const name in headers) {
    const values = headers[name];
    const first = Array.isArray(values) ? values[0] : values;
    if (first !== undefined && first !== null) text[name] = first.toString();
  }
  return text;
}
