import { setTimeout as sleep } from 'node:timers/promises';
import { BARS } from '../bars.ts';
import { acceptBatches, BATCH_SIZE } from '../batches.ts';
import type { Bench } from '../bench.ts';
import { acrossChannels, generateBodies } from '../bodies.ts';
import type { Measured } from '../figure.ts';
import { readMetric } from '../measure/metrics.ts';
import { peakMemory } from '../measure/processes.ts';
import { quantity } from '../table.ts';
import { megabytes, toMegabytes } from './costs.ts';

/** Slow enough that delivery is held up by its provider all the time and holds whatever it lets itself hold. */
const LATENCY_MS = 500;

/** The most memory that delivery takes while far more is queued than it can send. */
export async function measureMemory(bench: Bench): Promise<Measured> {
  const { system, simulator, workTopics, progress } = bench;
  const queued = await fillUp(bench);
  progress('memory starting delivery', 'moving');
  await system.start('simulator');
  await simulator.reset();
  await simulator.answerAfter(LATENCY_MS);
  await system.start('delivery');
  const { delivered, peakBytes } = await deliverSome(bench);
  const [left, heap] = [await workTopics.queued(), await readHeap(system.ports.delivery)];
  await Promise.all([system.stop('delivery'), system.stop('simulator')]);
  return {
    rows: [
      {
        figure: `delivery memory, ${queued} queued`,
        value: toMegabytes(peakBytes),
        unit: 'MB',
        bar: BARS.memory,
        limit: null,
      },
    ],
    notes: [
      `memory: the peak while ${delivered} were delivered of three channels at ${LATENCY_MS} ms, ${left} left; ` +
        `at the end ${megabytes(heap.used)} of heap in use, ${megabytes(heap.external)} outside of it`,
    ],
    detail: { queued, delivered, left, peakBytes, heap },
  };
}

/** So many are accepted while nobody delivers that, with what other figures left, enough are queued. */
async function fillUp(bench: Bench): Promise<number> {
  const { workTopics, plan } = bench;
  const missing = plan.memory.queued - (await workTopics.queued());
  await acceptBatches(bench, {
    figure: 'memory',
    count: Math.max(0, Math.ceil(missing / BATCH_SIZE)),
    batchOf: (index) => acrossChannels(generateBodies(1_000 + index, BATCH_SIZE)),
  });
  const queued = await workTopics.queued();
  if (queued < plan.memory.queued) throw new Error(`only ${queued} are queued`);
  return queued;
}

type Peak = { delivered: number; peakBytes: number };

/** Until enough are delivered or the time is over. @throws when none was */
async function deliverSome({ system, simulator, plan, progress, signal }: Bench): Promise<Peak> {
  const { deliver, limitSeconds } = plan.memory;
  const endAt = performance.now() + limitSeconds * 1_000;
  const pid = system.servicePids()['delivery'] ?? 0;
  let [delivered, peakBytes] = [0, 0];
  while (delivered < deliver && performance.now() < endAt) {
    await sleep(500, undefined, { signal });
    delivered = (await simulator.stats()).acceptedKeys;
    peakBytes = Math.max(peakBytes, peakMemory(pid));
    progress(`memory ${delivered} delivered, ${megabytes(peakBytes)}`, 'moving');
  }
  if (delivered === 0) throw new Error(`nothing was delivered within ${quantity(limitSeconds, 's')}`);
  return { delivered, peakBytes };
}

/** What the process itself says of its memory. */
async function readHeap(port: number): Promise<{ used: number; external: number }> {
  return {
    used: await readMetric(port, 'nodejs_heap_size_used_bytes'),
    external: await readMetric(port, 'nodejs_external_memory_bytes'),
  };
}
