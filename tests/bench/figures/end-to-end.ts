import { BARS } from '../bars.ts';
import { type Bench, untilDelivered, untilQuiet } from '../bench.ts';
import type { Measured, Row } from '../figure.ts';
import { type OpenLoopResult, runOpenLoop } from '../load/loads.ts';
import { summarise, type Summary } from '../measure/statistics.ts';
import { quantity } from '../table.ts';
import { requireAll } from './complete.ts';

const PER_SECOND = 100;

/** From when a request is due to when its notification arrives at the provider. */
export async function measureEndToEnd(bench: Bench): Promise<Measured> {
  const { system, progress, plan } = bench;
  const { seconds, limitSeconds } = plan.endToEnd;
  await untilQuiet(bench);
  progress(`e2e straight to the provider at ${PER_SECOND}/s`, 'moving');
  const direct = await arrivalTimes(bench, system.ports.simulator, 'provider', limitSeconds);
  progress(`e2e ${PER_SECOND}/s for ${seconds} s`, 'moving');
  const ours = await arrivalTimes(bench, system.ports.ingest, 'api', seconds);
  return {
    rows: [toRow('p50', ours, direct), toRow('p99', ours, direct)],
    notes: [
      `e2e: p95 ${quantity(ours.p95, 'ms')}, max ${quantity(ours.max, 'ms')}; all services running; ` +
        'the clock of arrivals has steps of 1 ms',
    ],
    detail: { ours, direct },
  };
}

function toRow(point: 'p50' | 'p99', ours: Summary, direct: Summary): Row {
  return {
    figure: `accept to provider, ${PER_SECOND}/s, ${point}`,
    value: ours[point],
    unit: 'ms',
    bar: BARS.e2e[point],
    limit: { what: 'direct', value: direct[point] },
  };
}

async function arrivalTimes(
  bench: Bench,
  port: number,
  to: 'api' | 'provider',
  seconds: number,
): Promise<Summary> {
  await bench.simulator.reset();
  const { warmUpSeconds } = bench.plan.endToEnd;
  const loop = { port, to, perSecond: PER_SECOND, warmUpSeconds, seconds };
  const result = await runOpenLoop(loop, bench.signal);
  const sent = requireAll(result);
  await untilDelivered(bench, result.sent.length);
  return summarise(journeyTimes(sent, await bench.simulator.arrivals()));
}

function journeyTimes(sent: OpenLoopResult['sent'], arrivals: Map<string, number>): number[] {
  return sent.map(({ id, dueAt }) => {
    const arrivedAt = arrivals.get(id);
    if (arrivedAt === undefined) throw new Error(`${id} did not arrive`);
    return arrivedAt - dueAt;
  });
}
