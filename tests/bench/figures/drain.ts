import { type Bench, untilDelivered, untilQuiet } from '../bench.ts';
import { generateBodies } from '../bodies.ts';
import type { Measured } from '../figure.ts';
import { runProviderLoop } from '../load/loads.ts';
import { costWhile } from '../measure/processes.ts';
import { PROVIDER_LATENCY_MS } from '../system.ts';
import { quantity } from '../table.ts';
import { config as deliveryConfig } from '../../../services/delivery/src/config.ts';
import { costEachText } from './costs.ts';

const BATCH_SIZE = 1_000;
const BAR = 800;

/** How fast delivery works off what has piled up while it was away. */
export async function measureDrain(bench: Bench): Promise<Measured> {
  const { system, simulator, progress } = bench;
  const { count } = bench.plan.drain;
  await untilQuiet(bench);
  const { perSecond: limit, concurrency } = await measureLimit(bench, count);
  const batches = await pileUp(bench, count);

  progress('drain starting delivery', 'moving');
  const startedAt = Date.now();
  await system.start('delivery');
  const pids = { ...system.servicePids(), ...system.stackPids() };
  const { cost } = await costWhile(pids, () => untilDelivered(bench, count));
  await untilQuiet(bench);
  const stats = await simulator.stats();
  requireEachOnce(stats, count);
  await requireAllToldDelivered(system.ports.ingest, batches);

  const seconds = (stats.lastAtMs - stats.firstAtMs) / 1_000;
  return {
    rows: [
      {
        figure: `drain of ${count}`,
        value: count / seconds,
        unit: '/s',
        bar: { least: BAR },
        limit: { what: 'undici', value: limit },
      },
    ],
    notes: [
      `drain: provider latency ${PROVIDER_LATENCY_MS} ms, ${concurrency} calls at once on both sides; each arrived ` +
        'once and is told delivered',
      `drain: first call ${quantity(stats.firstAtMs - startedAt, 'ms')} after delivery was started`,
      `drain: CPU for each, ${costEachText(cost, count)}`,
    ],
    detail: { stats, limit, cost, concurrency },
  };
}

async function measureLimit(
  bench: Bench,
  count: number,
): Promise<{ perSecond: number; concurrency: number }> {
  const { system, simulator, progress, signal } = bench;
  progress('drain bare undici loop', 'moving');
  const { DELIVERY_CONCURRENCY: concurrency } = deliveryConfig.parse({ ...process.env, ...system.env });
  const { perSecond } = await runProviderLoop({ port: system.ports.simulator, count, concurrency }, signal);
  await simulator.reset();
  return { perSecond, concurrency };
}

/** Accepts the notifications while nobody delivers them. Returns the ids of their batches. */
async function pileUp(bench: Bench, count: number): Promise<string[]> {
  const { system, progress } = bench;
  progress(`drain accepting ${count} while delivery is stopped`, 'moving');
  await system.stop('delivery');
  const batches: string[] = [];
  for (let seed = 0; seed < count / BATCH_SIZE; seed += 1)
    batches.push(await postBatch(system.ports.ingest, 100 + seed));
  await untilQuiet(bench);
  return batches;
}

async function postBatch(port: number, seed: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/notifications/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ notifications: generateBodies(seed, BATCH_SIZE) }),
  });
  if (response.status !== 202) throw new Error(`a batch was answered ${response.status}`);
  return ((await response.json()) as { id: string }).id;
}

function requireEachOnce(
  { acceptedKeys, duplicates }: { acceptedKeys: number; duplicates: number },
  count: number,
) {
  if (acceptedKeys === count && duplicates === 0) return;
  throw new Error(`of ${count} accepted, ${acceptedKeys} arrived, and ${duplicates} of them more than once`);
}

async function requireAllToldDelivered(port: number, batches: string[]): Promise<void> {
  for (const id of batches) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/notifications/batch/${id}`);
    const { counts } = (await response.json()) as { counts: Record<string, number> };
    if (counts['delivered'] !== BATCH_SIZE)
      throw new Error(`a batch of ${BATCH_SIZE} is told as ${JSON.stringify(counts)}`);
  }
}
