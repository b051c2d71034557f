import { HEADER, parseWorkTopic, retryGroup, type Channel, workTopic } from '@fanfare/contracts';
import { RETRY_AFTER_MAX_MS } from '@fanfare/domain';
import {
  consume,
  type ConsumedRecord,
  type KafkaHandle,
  type OutgoingRecord,
  publishEach,
  type PublishRefused,
  type Publisher,
} from '@fanfare/kafka';
import {
  counter,
  type Grouped,
  grouped,
  histogram,
  type Logger,
  unlessStopped,
  untilDone,
} from '@fanfare/runtime';
import { createHold } from './hold.ts';

/** Moves the records of one retry topic back to their work topics when they are due. */
export type Mover = {
  topic: string;
  held: () => number;
  stop: () => Promise<void>;
};

export type MoverOptions = {
  kafka: KafkaHandle;
  publisher: Publisher;
  topic: string;
  channel: Channel;
  log: Logger;
  /** Ends the waiting for a Kafka that is away. */
  signal: AbortSignal;
  onFatal: (error: unknown) => void;
};

/** Records of one publish: at 1 kB each about a third of what one request takes. */
const GROUP = { sizeMax: 512, inFlightMax: 2 };
/** For each retry topic, of which there are a dozen: about 1 300 records of 1 kB wait in memory, the rest in Kafka. */
const BYTES_HELD_MAX = 5 * 1024 * 1024;
/** Nothing here is in a hurry while it lies in its topic: fewer wake-ups while idle. */
const MAX_WAIT_MS = 1_000;

const moved = counter({
  name: 'fanfare_retry_moved_total',
  help: 'Retries put back to work',
  labels: ['channel'],
});
const lateness = histogram({
  name: 'fanfare_retry_lateness_seconds',
  help: 'How long after they were due retries were back in their work topics',
  labels: ['channel'],
});

/** Joins the consumer group of a retry topic. Its records are held in memory and stay uncommitted until moved. */
export async function startMover(options: MoverOptions): Promise<Mover> {
  const { kafka, topic, onFatal } = options;
  const publishing = createPublishing(options);
  const hold = createHold<ConsumedRecord>({
    now: Date.now,
    onDue: (records) => {
      for (const record of records) void move(options, publishing, record).catch(onFatal);
    },
  });
  const consumption = await consume({
    kafka,
    groupId: retryGroup(topic),
    topics: [topic],
    maxWaitMs: MAX_WAIT_MS,
    bytesMax: BYTES_HELD_MAX,
    onRecords: (records) => {
      for (const record of records) hold.add(record, dueAtMs(record));
    },
    onFatal,
  });
  return {
    topic,
    held: hold.size,
    stop: async () => {
      consumption.pause();
      hold.stop();
      await publishing.idle();
      await consumption.stop();
    },
  };
}

type Publishing = Grouped<ConsumedRecord, PublishRefused | null>;

/** Records that are due together go back together, each with its own answer. */
function createPublishing({ publisher, channel }: MoverOptions): Publishing {
  return grouped({
    ...GROUP,
    run: (records: ConsumedRecord[]) =>
      publishEach(
        publisher,
        records.map((record) => [returned(record, channel)]),
      ),
  });
}

async function move(options: MoverOptions, publish: Publishing, record: ConsumedRecord): Promise<void> {
  if (record.isStale()) return;
  const { channel, log, signal } = options;
  try {
    await untilDone(() => publishOrThrow(publish, record), { what: 'moving a retry', log, signal });
    record.done();
    moved.inc({ channel });
    lateness.observe({ channel }, (Date.now() - dueAtMs(record)) / 1_000);
  } catch (error) {
    // Uncommitted, it comes back to whoever holds the partition next.
    unlessStopped(error);
  }
}

async function publishOrThrow(publish: Publishing, record: ConsumedRecord): Promise<void> {
  const refusal = await publish(record);
  if (refusal !== null) throw refusal;
}

/** A record that does not say when it is due is due now; what no retry of ours would say is not believed. */
function dueAtMs({ headers, timestampMs }: ConsumedRecord): number {
  const notBefore = Number(headers[HEADER.notBefore]);
  return Number.isFinite(notBefore) ? Math.min(notBefore, timestampMs + RETRY_AFTER_MAX_MS) : 0;
}

/** The same record for the work topic it came from; nobody is served sooner by naming another one. */
function returned({ key, value, headers }: ConsumedRecord, channel: Channel): OutgoingRecord {
  const returnTo = headers[HEADER.returnTo] ?? '';
  const isKnown = parseWorkTopic(returnTo)?.channel === channel;
  return { topic: isKnown ? returnTo : workTopic(channel, 'normal'), key, value, headers };
}
