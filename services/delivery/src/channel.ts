import { type Channel, deliveryGroup, parseWorkTopic, PRIORITIES, workTopic } from '@fanfare/contracts';
import { createPriorityScheduler, type PriorityScheduler, type RetryDelays } from '@fanfare/domain';
import { consume, type ConsumedRecord, type JourneyRecords, type KafkaHandle } from '@fanfare/kafka';
import type { Chain } from '@fanfare/providers';
import { unlessStopped } from '@fanfare/runtime';
import { call } from './call.ts';
import { createGate, type Pace, type Pass } from './gate.ts';
import { type Attempt, type DeliveryDeps, onRecord, type Verdict } from './on-record.ts';
import { createOneAtATime } from './one-at-a-time.ts';
import { createPump } from './pump.ts';
import { createSteps, type StepsOptions } from './steps.ts';

export type ChannelOptions = StepsOptions & {
  channel: Channel;
  /** Its providers. */
  chain: Chain;
  /** Its limit. */
  pace: Pace & { close: () => Promise<void> };
  kafka: KafkaHandle;
  records: JourneyRecords;
  delaysMs: RetryDelays;
  /** Notifications that are being delivered at once. */
  slots: number;
  onFatal: (error: Error) => void;
};

/** What delivers the notifications of one channel. */
export type OpenChannel = {
  channel: Channel;
  /** Finishes what was started; records that wait go back to Kafka uncommitted, to another member. */
  stop: () => Promise<void>;
  scheduler: Pick<PriorityScheduler<ConsumedRecord>, 'inFlight' | 'waiting'>;
};

/** A tenth of the slots: enough for the urgent few, and hardly missed by the many. */
const RESERVED_SHARE = 0.1;

/** The clock that says when may be another one: a record that comes too early must not come in a circle. */
const AGAIN_MIN_MS = 200;

/** Of each priority about 900 small records: half a second of the highest rate, while the next are fetched. */
const BYTES_WAITING_MAX = 9 * 1024 * 1024;

/** Joins the channel's consumer group and delivers what comes, the most urgent first, so many at a time. */
export async function openChannel(options: ChannelOptions): Promise<OpenChannel> {
  const { channel, kafka, chain, pace, slots, onFatal } = options;
  const scheduler = createPriorityScheduler<ConsumedRecord>({
    slots,
    reservedForHigh: Math.floor(slots * RESERVED_SHARE),
  });
  const deps = deliveryDeps(options);
  const pump = createPump<ConsumedRecord, Pass>({
    scheduler,
    gate: createGate({ chain, pace }),
    handle: (record, pass) => handle(deps, record, pass, later).catch(onFatal),
  });
  const push = (record: ConsumedRecord): void => pump.push(priorityOf(record), record);
  /** Until then it takes no slot; should the process end, it comes back from Kafka. */
  const later = (record: ConsumedRecord, atMs: number): void =>
    void setTimeout(push, Math.max(AGAIN_MIN_MS, atMs - Date.now()), record).unref();
  const consumption = await consume({
    kafka,
    groupId: deliveryGroup(channel),
    topics: PRIORITIES.map((priority) => workTopic(channel, priority)),
    onRecords: (records) => {
      for (const record of records) push(record);
    },
    bytesMax: BYTES_WAITING_MAX,
    // While lanes are shut, what waits would pile up with every rebalance.
    onRevoked: () => scheduler.drop((record) => record.isStale()),
    onFatal,
  });
  return {
    channel,
    scheduler,
    stop: async () => {
      consumption.pause();
      await pump.stop();
      await pace.close();
      await consumption.stop();
    },
  };
}

async function handle(
  deps: DeliveryDeps,
  record: ConsumedRecord,
  pass: Pass,
  later: (record: ConsumedRecord, atMs: number) => void,
): Promise<void> {
  if (record.isStale()) return;
  try {
    const verdict: Verdict = await onRecord(deps, record, pass);
    if (verdict.done) record.done();
    else later(record, verdict.againAtMs);
  } catch (error) {
    // The record stays uncommitted: whoever gets it next finds in the truth how far it came.
    unlessStopped(error);
  }
}

function priorityOf({ topic }: ConsumedRecord) {
  return parseWorkTopic(topic)?.priority ?? 'normal';
}

function monotonicMs(): number {
  return performance.now();
}

function deliveryDeps(options: ChannelOptions): DeliveryDeps {
  const { channel, chain, records, delaysMs, leaseMs, log } = options;
  return {
    ...createSteps(options),
    call: (attempt, pass) => call({ chain, leaseMs, monotonicMs }, attempt, pass),
    channel,
    records,
    delaysMs,
    oneAtATime: createOneAtATime(),
    now: Date.now,
    monotonicMs,
    random: Math.random,
    observe: (attempt) => log.debug('delivery.attempted', describe(attempt)),
  };
}

function describe({ notification, delivery, called, decision }: Attempt): Record<string, unknown> {
  const { id, channel, priority, correlation_id } = notification;
  const { attempt, cycle, fence } = delivery;
  return { id, channel, priority, correlation_id, attempt, cycle, fence, ...called, decision };
}
