import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, seededRandom } from '../random.ts';
import type { Arguments } from './arguments.ts';
import { collectEvidence } from './evidence/collect.ts';
import { commit } from './faults.ts';
import { balance, type Ledger } from './ledger/balance.ts';
import type { FaultRecord } from './ledger/evidence.ts';
import { startLoad } from './load/load.ts';
import { planFaults } from './plan.ts';
import { untilQuiet } from './quiet.ts';
import { sendAgainFromTheStart } from './reset.ts';
import { withWorld, type World, type WorldOptions } from './world.ts';

export type ChaosOptions = Omit<Arguments, 'help'> & WorldOptions;

/** What came of a run. */
export type Outcome = { seed: number; tookMs: number; sent: number; faults: FaultRecord[]; ledger: Ledger };

/** Before the first fault and after the last one: sending undisturbed, with everything compiled and connected. */
const CALM_MS = 3_000;

/** Sends, and goes through the faults meanwhile; waits for quiet, and balances what everybody says. */
export function runChaos(options: ChaosOptions): Promise<Outcome> {
  const startedAt = performance.now();
  return withWorld(options, async (world) => {
    const { faults, ...sending } = await shake(options, world);
    await untilQuiet(world);
    world.progress('witnesses are asked');
    const evidence = await collectEvidence(world, sending.book, faults);
    const callsAfterReset = await sendAgainFromTheStart(world);
    const incidents = [...world.incidents, ...sending.book.incidents];
    const ledger = balance({ ...evidence, callsAfterReset, incidents });
    const { seed } = options;
    return { seed, tookMs: performance.now() - startedAt, sent: sending.count, faults, ledger };
  });
}

async function shake(options: ChaosOptions, world: World) {
  const { seed, perSecond, signal } = options;
  // Draws of their own, so that what is sent does not depend on how many faults there were.
  const load = startLoad({ random: seededRandom(seed), seed, perSecond, ...world, ...world.system });
  try {
    await sleep(CALM_MS, undefined, { signal });
    const faults = await goThroughFaults(options, world, seededRandom(seed + 1));
    await sleep(CALM_MS, undefined, { signal });
    return { faults, book: load.book, count: await load.stop() };
  } finally {
    await load.stop();
  }
}

/** Each once, or one after the other for so many minutes. */
async function goThroughFaults(
  { faults: kinds, minutes }: ChaosOptions,
  world: World,
  random: Random,
): Promise<FaultRecord[]> {
  const { progress, signal } = world;
  const records: FaultRecord[] = [];
  const endAt = performance.now() + (minutes ?? 0) * 60_000;
  for (const { kind, choice, pauseMs } of planFaults(random, kinds)) {
    const isOver = minutes === null ? records.length >= kinds.length : performance.now() > endAt;
    if (isOver) break;
    const record = await commit(world, kind, choice);
    records.push(record);
    progress(`${kind} ${record.target}, over after ${((record.overAt - record.at) / 1_000).toFixed(1)} s`);
    await sleep(pauseMs, undefined, { signal });
  }
  return records;
}
