import { type Channel, deliveryGroup, PRIORITIES, workTopic } from '@fanfare/contracts';
import type { RetryDelays } from '@fanfare/domain';
import { consume, type ConsumedRecord, type JourneyRecords, type KafkaHandle } from '@fanfare/kafka';
import { histogram, Stopped } from '@fanfare/runtime';
import { type Attempt, type DeliveryDeps, onRecord } from './on-record.ts';
import { createOneAtATime } from './one-at-a-time.ts';
import { createPump } from './pump.ts';
import { createSteps, type StepsOptions } from './steps.ts';

export type LaneOptions = StepsOptions & {
  channel: Channel;
  kafka: KafkaHandle;
  records: JourneyRecords;
  delaysMs: RetryDelays;
  concurrency: number;
  onFatal: (error: Error) => void;
};

/** What delivers the notifications of one channel. */
export type Lane = {
  channel: Channel;
  /** Finishes what was started; records that wait go back to Kafka uncommitted, to another member. */
  stop: () => Promise<void>;
  inFlight: () => number;
};

const attempts = histogram({
  name: 'fanfare_delivery_attempt_seconds',
  help: 'How long providers took, by what came of it',
  labels: ['channel', 'provider', 'outcome', 'state'],
});

/** Joins the channel's consumer group and delivers what comes, so many at a time. */
export async function openLane(options: LaneOptions): Promise<Lane> {
  const { channel, kafka, concurrency, provider, onFatal } = options;
  const pump = createPump<ConsumedRecord>({
    concurrency,
    handle: (record) => handle(deps, record).catch(onFatal),
  });
  const deps = deliveryDeps(options);
  const { waitUntil } = deps;
  deps.waitUntil = (epochMs) => pump.withoutPlace(() => waitUntil(epochMs));
  const consumption = await consume({
    kafka,
    groupId: deliveryGroup(channel),
    topics: PRIORITIES.map((priority) => workTopic(channel, priority)),
    onRecords: pump.push,
    onFatal,
  });
  return {
    channel,
    inFlight: pump.inFlight,
    stop: async () => {
      consumption.pause();
      await pump.stop();
      await consumption.stop();
      await provider.close();
    },
  };
}

async function handle(deps: DeliveryDeps, record: ConsumedRecord): Promise<void> {
  if (record.isStale()) return;
  try {
    await onRecord(deps, record);
    record.done();
  } catch (error) {
    // The record stays uncommitted: whoever gets it next finds in the truth how far it came.
    if (!(error instanceof Stopped)) throw error;
  }
}

function deliveryDeps(options: LaneOptions): DeliveryDeps {
  const { channel, records, delaysMs, log } = options;
  return {
    ...createSteps(options),
    channel,
    records,
    delaysMs,
    oneAtATime: createOneAtATime(),
    now: Date.now,
    monotonicMs: () => performance.now(),
    random: Math.random,
    observe: (attempt) => {
      measure(channel, attempt);
      log.debug('delivery.attempted', describe(attempt));
    },
  };
}

function measure(channel: Channel, { called, decision }: Attempt): void {
  const labels = { channel, provider: called.provider, outcome: called.outcome.kind, state: decision.state };
  attempts.observe(labels, called.durationMs / 1_000);
}

function describe({ notification, delivery, called, decision }: Attempt): Record<string, unknown> {
  const { id, channel, priority, correlation_id } = notification;
  const { attempt, cycle, fence } = delivery;
  const { outcome, provider, durationMs } = called;
  return {
    id,
    channel,
    priority,
    correlation_id,
    attempt,
    cycle,
    fence,
    outcome,
    provider,
    durationMs,
    decision,
  };
}
