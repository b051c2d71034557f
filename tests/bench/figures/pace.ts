import { setTimeout as sleep } from 'node:timers/promises';
import { BARS } from '../bars.ts';
import { acceptBatches, BATCH_SIZE } from '../batches.ts';
import { type Bench, untilQuiet, untilWorkedOff } from '../bench.ts';
import { generateBodies } from '../bodies.ts';
import type { Bar, Measured, Row } from '../figure.ts';
import { slidingSeconds } from '../measure/sliding.ts';
import { percentile } from '../measure/statistics.ts';
import { withTwoDeliveries } from '../two-deliveries.ts';

/** The default of OUTBOUND_RATE_PER_CHANNEL. */
const LIMIT = 100;
const MS = 1_000;
/** At the start and at the end not everybody is at work. */
const EDGE_SECONDS = 2;

/** What two delivery processes make of a provider's limit, in the seconds that the provider sees. */
export async function measurePace(bench: Bench): Promise<Measured> {
  await untilQuiet(bench);
  await bench.simulator.reset();
  const { seconds } = bench.plan.pace;
  const settings = { OUTBOUND_RATE_PER_CHANNEL: String(LIMIT) };
  const span = await withTwoDeliveries(bench, settings, () => deliverFor(bench, seconds));
  await untilWorkedOff(bench);
  return tell(
    (await bench.simulator.calls()).map(({ at }) => at),
    span,
  );
}

type Span = { fromMs: number; toMs: number };

/** The span in which both are at work, with work left at its end. */
async function deliverFor(bench: Bench, seconds: number): Promise<Span> {
  const { simulator, progress, signal } = bench;
  const enough = LIMIT * (seconds + 4 * EDGE_SECONDS);
  await acceptBatches(bench, {
    figure: 'pace',
    count: Math.ceil(enough / BATCH_SIZE),
    batchOf: (index) => generateBodies(400 + index, BATCH_SIZE),
  });
  progress(`pace ${LIMIT}/s for ${seconds} s`);
  await sleep(EDGE_SECONDS * MS, undefined, { signal });
  const fromMs = Date.now();
  await sleep(seconds * MS, undefined, { signal });
  const toMs = Date.now();
  await sleep(MS, undefined, { signal });
  const { lastAtMs } = await simulator.stats();
  if (lastAtMs < toMs) throw new Error('there was nothing left to send before the end');
  return { fromMs, toMs };
}

function tell(times: number[], { fromMs, toMs }: Span): Measured {
  const busy = Float64Array.from(slidingSeconds(times, fromMs, toMs)).toSorted();
  const inSpan = times.filter((at) => at >= fromMs && at < toMs).length;
  const perSecond = inSpan / ((toMs - fromMs) / MS);
  const [p50, p999, max] = [percentile(busy, 50), percentile(busy, 99.9), busy.at(-1) ?? Number.NaN];
  const over = busy.filter((count) => count > LIMIT * 1.1).length;
  return {
    rows: [
      toRow(`limit of ${LIMIT}/s used by two deliveries`, perSecond, BARS.pace.used),
      toRow('its sliding seconds, p99.9', p999, BARS.pace.busy),
      toRow('its busiest sliding second', max, BARS.pace.busiest),
    ],
    notes: [
      `pace: ${busy.length} sliding seconds at the provider, from ${busy[0] ?? Number.NaN} to ${max} calls, half of ` +
        `them up to ${p50}; ${over} above 110 %`,
    ],
    detail: { perSecond, p50, p999, max, over, seconds: busy.length },
  };
}

function toRow(figure: string, perSecond: number, bar: Bar): Row {
  return { figure, value: (perSecond * 100) / LIMIT, unit: '%', bar, limit: null };
}
