import type {
  Consumer,
  ConsumerGroupJoinEvent,
  EachBatchPayload,
  Offsets,
  TopicPartitionOffset,
} from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaHandle } from './connect.ts';
import type { TopicPartition } from './consume.ts';
import { isForGood } from './for-good.ts';
import { within } from './within.ts';

/** One kafkajs consumer, kept running in its group through every outage. */
export type GroupMember = {
  start(): Promise<void>;
  pause(at: TopicPartition): void;
  resume(at: TopicPartition): void;
  seek(at: TopicPartition, offset: number): void;
  /**
   * In the generation of this very moment, without attempts of kafkajs's own that would outlive it; but before the
   * first batch with them: all that can be committed by then is that there was nothing to handle.
   */
  commitOffsets(offsets: Offsets): Promise<void>;
  leave(): Promise<void>;
};

/** A stretch of a partition in which nothing is to be handled. */
export type Emptiness = TopicPartition & { first: number; last: number };

type Options = {
  kafka: KafkaHandle;
  groupId: string;
  topics: readonly string[];
  maxWaitMs: number;
  sessionTimeoutMs: number;
  heartbeatMs: number;
  /** None of these may throw: kafkajs would take it for a failure of its own. */
  onBatch(payload: EachBatchPayload): void;
  onEmptiness(emptiness: Emptiness): void;
  onJoined(event: ConsumerGroupJoinEvent['payload']): void;
  onRebalance(): void;
  onFatal(error: Error): void;
};

const START_PAUSE_MS = 1_000;
/**
 * Of one fetch, over all partitions: some hundreds of records, so that all of them find room. What does not is thrown
 * away and fetched again, and has been decoded in vain. A larger record comes nevertheless.
 */
const FETCH_BYTES_MAX = 256 * 1024;
/** How long a rejoin waits for members that do not answer. Handlers return at once, so a live one answers at once. */
const REBALANCE_TIMEOUT_MS = 10_000;
/** Leaving takes a fetch's wait and two round trips; a broker that is away must not hold up the stop. */
const LEAVE_TIMEOUT_MS = 5_000;

export function joinGroup(options: Options): GroupMember {
  const state: State = { isLeaving: false, newest: null };
  const consumer = createConsumer(options, state);
  const run = (): Promise<void> => runConsumer(consumer, options, state);

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => options.onJoined(payload));
  consumer.on(consumer.events.REBALANCING, () => options.onRebalance());
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
    if (payload.batchSize === 0) options.onEmptiness(emptinessOf(payload));
  });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    state.newest = null;
    if (restart || state.isLeaving) return;
    if (isForGood(error)) options.onFatal(error);
    else void sleep(START_PAUSE_MS).then(() => (state.isLeaving ? undefined : run()));
  });

  async function start(): Promise<void> {
    await subscribe(consumer, options);
    await run();
  }

  async function leave(): Promise<void> {
    state.isLeaving = true;
    await within(LEAVE_TIMEOUT_MS, consumer.disconnect());
  }

  return {
    start,
    leave,
    pause: ({ topic, partition }) => whileRunning(() => consumer.pause([{ topic, partitions: [partition] }])),
    resume: ({ topic, partition }) =>
      whileRunning(() => consumer.resume([{ topic, partitions: [partition] }])),
    seek: ({ topic, partition }, offset) => consumer.seek({ topic, partition, offset: String(offset) }),
    commitOffsets: (offsets) =>
      state.newest === null
        ? consumer.commitOffsets(flat(offsets))
        : state.newest.commitOffsetsIfNecessary(offsets),
  };
}

/** `newest`: the last batch's payload; its commit is the one that makes a single attempt. */
type State = { isLeaving: boolean; newest: EachBatchPayload | null };

/** Where records were compacted away, kafkajs goes on by single offsets and names no first one. */
function emptinessOf({ topic, partition, firstOffset, lastOffset }: StartedBatch): Emptiness {
  return { topic, partition, first: Number(firstOffset ?? lastOffset), last: Number(lastOffset) };
}

type StartedBatch = TopicPartition & { firstOffset: string | null; lastOffset: string };

function flat({ topics }: Offsets): TopicPartitionOffset[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((each) => ({ topic, ...each })));
}

function createConsumer(options: Options, state: State): Consumer {
  return options.kafka.newClient().consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: options.heartbeatMs,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    maxWaitTimeInMs: options.maxWaitMs,
    maxBytes: FETCH_BYTES_MAX,
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: () => Promise.resolve(!state.isLeaving) },
  });
}

/** Nothing is committed or resolved by kafkajs: what a handler does not take is fetched again. */
function runConsumer(consumer: Consumer, options: Options, state: State): Promise<void> {
  return consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch(payload) {
      state.newest = payload;
      options.onBatch(payload);
      return Promise.resolve();
    },
  });
}

/** Between a crash of kafkajs's and its restart there is no group to tell; the next join states everything again. */
function whileRunning(tell: () => void): void {
  try {
    tell();
  } catch {
    // Said by kafkajs of nothing else: the arguments are ours.
  }
}

/** Connects and finds the topics, however long Kafka is away. */
async function subscribe(consumer: Consumer, { kafka, groupId, topics }: Options): Promise<void> {
  for (;;) {
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      return;
    } catch (error) {
      kafka.log.warn('kafka: cannot subscribe yet', { groupId, topics, error: String(error) });
      await sleep(START_PAUSE_MS);
    }
  }
}
