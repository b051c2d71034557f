import { BARS } from '../bars.ts';
import { acceptBatches, BATCH_SIZE } from '../batches.ts';
import { type Bench, untilDelivered, untilQuiet } from '../bench.ts';
import { generateBodies } from '../bodies.ts';
import type { Measured } from '../figure.ts';
import { runProviderLoop } from '../load/loads.ts';
import { costWhile } from '../measure/processes.ts';
import { EVERY_SERVICE, PROVIDER_LATENCY_MS } from '../system.ts';
import { quantity } from '../table.ts';
import { requireAllToldDelivered } from './complete.ts';
import { costEachText } from './costs.ts';

/** How fast delivery works off what has piled up while it was away. */
export async function measureDrain(bench: Bench): Promise<Measured> {
  const { system, simulator, progress } = bench;
  const { count } = bench.plan.drain;
  await untilQuiet(bench);
  const { perSecond: limit, concurrency } = await measureLimit(bench, count);
  const batches = await pileUp(bench, count);

  progress('drain starting delivery', 'moving');
  const startedAt = Date.now();
  await system.run(EVERY_SERVICE);
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
        bar: BARS.drain,
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
  const concurrency = Number(system.env['DELIVERY_CONCURRENCY']);
  const { perSecond } = await runProviderLoop({ port: system.ports.simulator, count, concurrency }, signal);
  await simulator.reset();
  return { perSecond, concurrency };
}

/** Accepts the notifications while nobody delivers them. Returns the ids of their batches. */
async function pileUp(bench: Bench, count: number): Promise<string[]> {
  await bench.system.stop('delivery');
  const batches = await acceptBatches(bench, {
    figure: 'drain',
    count: count / BATCH_SIZE,
    batchOf: (index) => generateBodies(100 + index, BATCH_SIZE),
  });
  await untilQuiet(bench);
  return batches;
}

function requireEachOnce(
  { acceptedKeys, duplicates }: { acceptedKeys: number; duplicates: number },
  count: number,
) {
  if (acceptedKeys === count && duplicates === 0) return;
  throw new Error(`of ${count} accepted, ${acceptedKeys} arrived, and ${duplicates} of them more than once`);
}
