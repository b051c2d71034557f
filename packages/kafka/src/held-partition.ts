import type { KafkaMessage } from 'kafkajs';
import { createOffsetTracker, type OffsetTracker } from '@fanfare/domain';
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
  /**
   * Registers what is new among the messages, as far as there is room. `upTo`: the last one that need not come again.
   * @param last the offset at which what was fetched ends: later than the last message where nothing to handle follows
   */
  take(messages: readonly KafkaMessage[], last: number): { records: ConsumedRecord[]; upTo: string | null };
  /** Up to this offset there is nothing to handle: markers and aborted records of transactions, compacted ones. */
  pass(last: number): void;
  /** The group was joined again, and Kafka goes back to the committed offset. */
  refetches(): void;
  /** Why what was fetched from this offset on cannot belong to this epoch, or null. */
  breakOff(first: number): BreakOff | null;
  isFull(): boolean;
  isHalf(): boolean;
  inFlight(): number;
  /** One past the newest offset taken or passed, or null. */
  next(): number | null;
  /** The offset to commit, or null when there is nothing to tell. */
  uncommitted(): number | null;
  /** The broker has acknowledged this offset. */
  committed(offset: number): void;
  revoke(): void;
};

/**
 * `set back`: before the committed offset, so the log was made anew or the position changed by hand, and the offsets
 * mean other records. `overtaken`: a refetch beyond everything taken, so somebody else had the partition between two
 * joins and has committed further.
 */
type BreakOff = 'set back' | 'overtaken';

/** What a record takes beside key and value: its headers and objects, measured over many thousands. */
const RECORD_BYTES = 3_000;

type Deps = { capacity: number; budget: ByteBudget; onDone: (held: HeldPartition) => void };

export function holdPartition(at: TopicPartition, deps: Deps): HeldPartition {
  const state: State = {
    tracker: createOffsetTracker({ capacity: deps.capacity }),
    next: null,
    committed: null,
    bytesInFlight: 0,
    isRefetch: false,
    isRevoked: false,
  };
  const { tracker } = state;

  function handOut(message: KafkaMessage, offset: number): ConsumedRecord {
    const bytes = RECORD_BYTES + (message.key?.length ?? 0) + (message.value?.length ?? 0);
    state.bytesInFlight += bytes;
    deps.budget.take(bytes);
    const finish = (): void => {
      tracker.done(offset);
      state.bytesInFlight -= bytes;
      deps.budget.release(bytes);
      deps.onDone(held);
    };
    return toRecord(message, at, { finish, isStale: () => state.isRevoked });
  }

  /** Whatever is still worked on is the next owner's as well now, so its memory counts no more here. */
  function revoke(): void {
    if (!state.isRevoked) deps.budget.release(state.bytesInFlight);
    state.isRevoked = true;
  }

  const held: HeldPartition = {
    topic: at.topic,
    partition: at.partition,
    waits: new Set(),
    take: (messages, last) => take(state, { messages, last }, handOut),
    pass: (last) => pass(state, last),
    breakOff: (first) => breakOff(state, first),
    refetches: () => void (state.isRefetch = true),
    isFull: () => tracker.isFull(),
    isHalf: () => tracker.isHalf(),
    inFlight: () => (state.isRevoked ? 0 : tracker.inFlight()),
    next: () => state.next,
    uncommitted: () => uncommitted(state),
    committed: (offset) => void (state.committed = offset),
    revoke,
  };
  return held;
}

type State = {
  tracker: OffsetTracker;
  /** One past the newest offset taken or passed. */
  next: number | null;
  committed: number | null;
  bytesInFlight: number;
  isRefetch: boolean;
  isRevoked: boolean;
};

function take(
  state: State,
  { messages, last }: { messages: readonly KafkaMessage[]; last: number },
  handOut: (message: KafkaMessage, offset: number) => ConsumedRecord,
): ReturnType<HeldPartition['take']> {
  const records: ConsumedRecord[] = [];
  let upTo: string | null = null;
  for (const message of messages) {
    const offset = Number(message.offset);
    const isBeyond = state.next === null || offset >= state.next;
    if (isBeyond && state.tracker.isFull()) break;
    if (state.tracker.begin(offset) === 'new') records.push(handOut(message, offset));
    if (isBeyond) state.next = offset + 1;
    upTo = message.offset;
  }
  if (upTo !== null && upTo === messages.at(-1)?.offset) pass(state, last);
  return { records, upTo };
}

function pass(state: State, last: number): void {
  state.next = Math.max(state.next ?? 0, last + 1);
}

/**
 * With nothing in flight it is the end of what was fetched. The tracker knows only of records, and a log that ends
 * with a transaction's marker would have a lag for ever.
 */
function uncommitted({ tracker, next, committed }: State): number | null {
  const position = tracker.inFlight() === 0 ? next : tracker.committable();
  return position === null || position <= (committed ?? -1) ? null : position;
}

function breakOff(state: State, first: number): BreakOff | null {
  const isOvertaken = state.isRefetch && state.next !== null && first > state.next;
  state.isRefetch = false;
  if (state.committed !== null && first < state.committed) return 'set back';
  return isOvertaken ? 'overtaken' : null;
}

type Epoch = { finish: () => void; isStale: () => boolean };

function toRecord(message: KafkaMessage, { topic, partition }: TopicPartition, epoch: Epoch): ConsumedRecord {
  let isDone = false;
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: owned(message.key),
    value: owned(message.value),
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

/** kafkajs gives slices of a whole fetch: one slow record would keep all 4 MB of it in memory. */
function owned(slice: Buffer | null): Buffer | null {
  return slice === null ? null : Buffer.from(slice);
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
