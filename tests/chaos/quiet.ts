import { setTimeout as sleep } from 'node:timers/promises';
import {
  CHANNELS,
  DEAD_LETTER_TOPIC,
  deliveryGroup,
  PRIORITIES,
  retryGroup,
  STATUS_TOPIC,
  workTopic,
} from '@fanfare/contracts';
import type { Database } from '@fanfare/db';
import type { Progress } from '@fanfare/infra/screen';
import { type KafkaHandle, lag, listRetryLevels } from '@fanfare/kafka';
import { countUnfinished } from './evidence/truth.ts';

type QuietDeps = { db: Database; kafka: KafkaHandle; progress: Progress; signal: AbortSignal };

/** The longest that anything waits for by itself: four retries, a relay after 10 s, a lease; twice over. */
const QUIET_MS_MAX = 90_000;

/**
 * Waits until nothing is open and every group has read everything. Gives up silently: what is open then is lost as far
 * as anybody can tell, and the ledger says so.
 */
export async function untilQuiet(deps: QuietDeps): Promise<void> {
  const giveUpAt = performance.now() + QUIET_MS_MAX;
  for (;;) {
    const left = await whatIsLeft(deps);
    if (left === null || performance.now() > giveUpAt) return;
    deps.progress(`quiet ${left}`, 'moving');
    await sleep(1_000, undefined, { signal: deps.signal });
  }
}

/** Waits until delivery has read all of its topics. */
export async function untilDeliveryHasRead({ kafka, progress, signal }: QuietDeps): Promise<void> {
  const giveUpAt = performance.now() + QUIET_MS_MAX;
  for (;;) {
    const behind = await deliveryBehind(kafka);
    if (behind === 0) return;
    if (performance.now() > giveUpAt) throw new Error(`delivery is still ${behind} records behind`);
    progress(`reset ${behind} records to go`, 'moving');
    await sleep(1_000, undefined, { signal });
  }
}

export function deliveryBehind(kafka: KafkaHandle): Promise<number> {
  return lagOf(kafka, deliveryReads());
}

/** A few words, or null when nothing is. */
async function whatIsLeft({ db, kafka }: QuietDeps): Promise<string | null> {
  const { open, promised } = await countUnfinished(db);
  if (open + promised > 0) return `${open} open, ${promised} promised`;
  const levels = (await listRetryLevels(kafka)).map(({ topic }) => ({
    groupId: retryGroup(topic),
    topics: [topic],
  }));
  const behind = await lagOf(kafka, [...deliveryReads(), ...levels, ...PROJECTOR_READS]);
  return behind === 0 ? null : `${behind} records unread`;
}

type Reads = { groupId: string; topics: string[] };

/** As the projector names its groups. */
const PROJECTOR_READS: readonly Reads[] = [
  { groupId: 'projector', topics: [STATUS_TOPIC] },
  { groupId: 'projector.dlq', topics: [DEAD_LETTER_TOPIC] },
];

export function deliveryReads(): Reads[] {
  return CHANNELS.map((channel) => ({
    groupId: deliveryGroup(channel),
    topics: PRIORITIES.map((priority) => workTopic(channel, priority)),
  }));
}

async function lagOf(kafka: KafkaHandle, reads: readonly Reads[]): Promise<number> {
  let behind = 0;
  for (const { groupId, topics } of reads) behind += await lag({ kafka, groupId, topics });
  return behind;
}
