import { BARS } from '../bars.ts';
import { acceptBatches, BATCH_SIZE } from '../batches.ts';
import { type Bench, untilDelivered, untilQuiet } from '../bench.ts';
import { generateBodies } from '../bodies.ts';
import type { Measured } from '../figure.ts';
import { costWhile } from '../measure/processes.ts';
import { median } from '../measure/statistics.ts';
import { quantity } from '../table.ts';

/** Never reached, so what is lost is what asking for tokens costs. */
const LIMIT = 1_000_000;
const MS = 1_000;

/** How much slower delivery works off a backlog when it has a limit that it never reaches. */
export async function measurePaceCost(bench: Bench): Promise<Measured> {
  const { rounds } = bench.plan.paceCost;
  const drains: { limited: Drain[]; unlimited: Drain[] } = { limited: [], unlimited: [] };
  // By turns, so that a neighbour's noise hits both alike; the first warms the stack up for both.
  await drain(bench, 0);
  for (let round = 1; round <= rounds; round += 1) {
    drains.limited.push(await drain(bench, LIMIT));
    drains.unlimited.push(await drain(bench, 0));
  }
  return tell(drains);
}

type Drain = { perSecond: number; cpuMicrosEach: number };

async function drain(bench: Bench, limit: number): Promise<Drain> {
  const { system, simulator, progress, plan } = bench;
  const { count } = plan.paceCost;
  await system.stop('delivery');
  await acceptBatches(bench, {
    figure: 'pace-cost',
    count: count / BATCH_SIZE,
    batchOf: (index) => generateBodies(500 + index, BATCH_SIZE),
  });
  await untilQuiet(bench);
  await simulator.reset();
  progress(`pace-cost ${limit === 0 ? 'no limit' : `limit ${quantity(limit, '/s')}`}`, 'moving');
  await system.start('delivery', { OUTBOUND_RATE_PER_CHANNEL: String(limit) });
  const pids = { delivery: system.servicePids()['delivery'] ?? 0 };
  const { cost } = await costWhile(pids, () => untilDelivered(bench, count));
  const { firstAtMs, lastAtMs } = await simulator.stats();
  await untilQuiet(bench);
  return {
    perSecond: count / ((lastAtMs - firstAtMs) / MS),
    cpuMicrosEach: ((cost['delivery']?.cpuMs ?? Number.NaN) * MS) / count,
  };
}

function tell({ limited, unlimited }: { limited: Drain[]; unlimited: Drain[] }): Measured {
  const of = (drains: Drain[], field: keyof Drain): number => median(drains.map((one) => one[field]));
  const [paced, free] = [of(limited, 'perSecond'), of(unlimited, 'perSecond')];
  const lostShare = 1 - paced / free;
  return {
    rows: [
      {
        figure: `drain at ${quantity(LIMIT, '/s')}, slower than with no limit`,
        value: lostShare * 100,
        unit: '%',
        bar: BARS['pace-cost'],
        limit: null,
      },
    ],
    notes: [
      `pace-cost: ${quantity(paced, '/s')} with the limit, ${quantity(free, '/s')} without; CPU of delivery for each ` +
        `${Math.round(of(limited, 'cpuMicrosEach'))} µs and ${Math.round(of(unlimited, 'cpuMicrosEach'))} µs; medians ` +
        `of ${limited.length}`,
    ],
    detail: { limited, unlimited },
  };
}
