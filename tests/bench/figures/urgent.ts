import { setTimeout as sleep } from 'node:timers/promises';
import { BARS } from '../bars.ts';
import { acceptBatches, BATCH_SIZE } from '../batches.ts';
import { type Bench, untilQuiet } from '../bench.ts';
import { type Body, generateBodies } from '../bodies.ts';
import type { Measured } from '../figure.ts';
import { runOpenLoop } from '../load/loads.ts';
import { summarise, type Summary } from '../measure/statistics.ts';
import { quantity } from '../table.ts';
import { withTwoDeliveries } from '../two-deliveries.ts';
import { requireAll } from './complete.ts';

/** The default of OUTBOUND_RATE_PER_CHANNEL. */
const LIMIT = 100;
const PER_SECOND = 5;
const WARM_UP_SECONDS = 4;
const MS = 1_000;
/** Recipients of the high ones that come all at once: by them the provider's log tells them from the low ones. */
const HIGH_PREFIX = '+90556';

/**
 * How long a high one takes to the provider while thousands of low ones wait for its limit; and what is left to the
 * low ones while there are more high ones than it lets through. Leaves most of the low ones queued.
 */
export async function measureUrgent(bench: Bench): Promise<Measured> {
  await untilQuiet(bench);
  const settings = { OUTBOUND_RATE_PER_CHANNEL: String(LIMIT) };
  const { waits, lowShare } = await withTwoDeliveries(bench, settings, async () => {
    await queue(bench, bench.plan.urgent.backlog, (body) => ({ ...body, priority: 'low' }));
    return { waits: await waitsOfHigh(bench), lowShare: await lowShareOf(bench) };
  });
  return tell(bench, waits, lowShare);
}

async function queue(bench: Bench, count: number, change: (body: Body) => Body): Promise<void> {
  await acceptBatches(bench, {
    figure: 'urgent',
    count: count / BATCH_SIZE,
    batchOf: (index) => generateBodies(600 + index, BATCH_SIZE).map(change),
  });
}

async function waitsOfHigh({ system, simulator, plan, progress, signal }: Bench): Promise<Summary> {
  const { seconds, backlog } = plan.urgent;
  progress(`urgent ${PER_SECOND}/s behind ${backlog} for ${WARM_UP_SECONDS + seconds} s`);
  await simulator.reset();
  const loop = { port: system.ports.ingest, to: 'api', perSecond: PER_SECOND, priority: 'high' } as const;
  const result = await runOpenLoop({ ...loop, warmUpSeconds: WARM_UP_SECONDS, seconds }, signal);
  const sent = requireAll(result);
  await sleep(2 * MS, undefined, { signal });
  const arrivals = await simulator.arrivals();
  // What has not come by now has waited for longer than any bar.
  return summarise(sent.map(({ id, dueAt }) => (arrivals.get(id) ?? Infinity) - dueAt));
}

async function lowShareOf(bench: Bench): Promise<number> {
  const { simulator, plan, progress, signal } = bench;
  const { saturatedSeconds } = plan.urgent;
  const high = Math.ceil((2 * LIMIT * saturatedSeconds) / BATCH_SIZE) * BATCH_SIZE;
  await queue(bench, high, (body) => ({
    ...body,
    recipient: body.recipient.replace('+90555', HIGH_PREFIX),
    priority: 'high',
  }));
  progress(`urgent ${high} high ones for ${saturatedSeconds} s`);
  await sleep(MS, undefined, { signal });
  await simulator.reset();
  await sleep(saturatedSeconds * MS, undefined, { signal });
  const calls = await simulator.calls();
  const low = calls.filter(({ to }) => !to.startsWith(HIGH_PREFIX));
  return low.length / calls.length;
}

function tell({ plan }: Bench, { p50, p99, max, count }: Summary, lowShare: number): Measured {
  return {
    rows: [
      {
        figure: `high behind ${plan.urgent.backlog} low, to provider, p99`,
        value: p99,
        unit: 'ms',
        bar: BARS.urgent.p99,
        limit: null,
      },
      {
        figure: 'low, of a channel full of high',
        value: lowShare * 100,
        unit: '%',
        bar: BARS.urgent.lowShare,
        limit: null,
      },
    ],
    notes: [
      `urgent: ${count} high ones, p50 ${quantity(p50, 'ms')}, max ${quantity(max, 'ms')}; two deliveries, limit ` +
        quantity(LIMIT, '/s'),
    ],
    detail: { p50, p99, max, count, lowShare },
  };
}
