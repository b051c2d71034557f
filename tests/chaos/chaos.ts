import { setTimeout as sleep } from 'node:timers/promises';
import { connectDatabase } from '@fanfare/db';
import type { PartName } from '@fanfare/infra/local-stack';
import type { Progress } from '@fanfare/infra/screen';
import { connectKafka, createSerde } from '@fanfare/kafka';
import { type Random, seededRandom } from '../random.ts';
import type { Arguments } from './arguments.ts';
import { collectEvidence, type Witnesses } from './evidence/collect.ts';
import { commit, type FaultDeps } from './faults.ts';
import { balance, type Ledger } from './ledger/balance.ts';
import type { FaultRecord } from './ledger/evidence.ts';
import { type Load, startLoad } from './load/load.ts';
import { createProducer, type Producer } from './load/producer.ts';
import { planFaults } from './plan.ts';
import { untilQuiet } from './quiet.ts';
import { sendAgainFromTheStart } from './reset.ts';
import { openSystem, type System } from './system.ts';

export type ChaosOptions = Omit<Arguments, 'help'> & {
  progress: Progress;
  signal: AbortSignal;
  logDir: string;
};

/** What came of a run. */
export type Outcome = { seed: number; tookMs: number; sent: number; faults: FaultRecord[]; ledger: Ledger };

/** Before the first fault and after the last one: sending undisturbed, with everything compiled and connected. */
const CALM_MS = 3_000;

/** Sends, and goes through the faults meanwhile; waits for quiet, and balances what everybody says. */
export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const startedAt = performance.now();
  const incidents: string[] = [];
  const expected = new Set<PartName>();
  const system = await openSystem({
    onProgress: options.progress,
    onIncident: (says) => incidents.push(says),
    isExpected: (part) => expected.delete(part),
    signal: options.signal,
    logDir: options.logDir,
  });
  const witnesses = connectWitnesses(system);
  try {
    const producer = await createProducer(witnesses.kafka, system.addresses.SCHEMA_REGISTRY_URL);
    const shaken = await shake(options, system, producer, (part) => expected.add(part));
    const quiet = { ...witnesses, progress: options.progress, signal: options.signal };
    await untilQuiet(quiet);
    options.progress('witnesses are asked');
    const { book } = shaken.load;
    const evidence = await collectEvidence(witnesses, book, shaken.faults);
    const callsAfterReset = await sendAgainFromTheStart(system, quiet);
    const unplanned = [...incidents, ...book.incidents];
    const ledger = balance({ ...evidence, callsAfterReset, incidents: unplanned });
    await producer.close();
    const { seed } = options;
    const tookMs = performance.now() - startedAt;
    return { seed, tookMs, sent: shaken.sent, faults: shaken.faults, ledger };
  } finally {
    options.progress('stop what was started');
    await witnesses.close();
    await system.close();
  }
}

type Shaken = { load: Load; sent: number; faults: FaultRecord[] };

async function shake(
  options: ChaosOptions,
  system: System,
  producer: Producer,
  expect: FaultDeps['expect'],
): Promise<Shaken> {
  const { seed, perSecond, signal } = options;
  // Draws of their own, so that what is sent does not depend on how many faults there were.
  const load = startLoad({ random: seededRandom(seed), seed, perSecond, apiUrls: system.apiUrls, producer });
  try {
    await sleep(CALM_MS, undefined, { signal });
    const deps = { system, expect, adoptNewSchema: () => producer.adoptNewSchema() };
    const faults = await goThroughFaults(options, deps, seededRandom(seed + 1));
    await sleep(CALM_MS, undefined, { signal });
    return { load, sent: await load.stop(), faults };
  } finally {
    await load.stop();
  }
}

/** Each once, or one after the other for so many minutes. */
async function goThroughFaults(
  { faults: kinds, minutes, progress, signal }: ChaosOptions,
  deps: FaultDeps,
  random: Random,
): Promise<FaultRecord[]> {
  const records: FaultRecord[] = [];
  const endAt = performance.now() + (minutes ?? 0) * 60_000;
  for (const { kind, choice, pauseMs } of planFaults(random, kinds)) {
    const isOver = minutes === null ? records.length >= kinds.length : performance.now() > endAt;
    if (isOver) break;
    const record = await commit(deps, kind, choice);
    records.push(record);
    progress(`${kind} ${record.target}, over after ${((record.overAt - record.at) / 1_000).toFixed(1)} s`);
    await sleep(pauseMs, undefined, { signal });
  }
  return records;
}

const silent = { error: ignore, warn: ignore, info: ignore, debug: ignore };

function ignore(): void {
  // What goes wrong here is either planned, or thrown.
}

function connectWitnesses(system: System): Witnesses & { close: () => Promise<void> } {
  const { DATABASE_URL, KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = system.addresses;
  const db = connectDatabase({ url: DATABASE_URL, connectionsMax: 2, onError: ignore });
  const kafka = connectKafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'chaos', log: silent });
  return {
    db,
    kafka,
    serde: createSerde({ registryUrl: SCHEMA_REGISTRY_URL }),
    simulatorUrl: system.simulatorUrl,
    close: async () => {
      await kafka.close();
      await db.close();
    },
  };
}
