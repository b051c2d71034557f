import { BARS } from '../bars.ts';
import { type Bench, untilDelivered, untilQuiet } from '../bench.ts';
import type { Measured } from '../figure.ts';
import { type OpenLoopResult, runOpenLoop } from '../load/loads.ts';
import { costWhile } from '../measure/processes.ts';
import { summarise, type Summary } from '../measure/statistics.ts';
import { quantity } from '../table.ts';
import { costsText } from './costs.ts';
import { requireAll } from './complete.ts';

const PER_SECOND = 300;

/** How long accepting takes at a steady rate, while everything that is accepted is delivered as well. */
export async function measureOpen(bench: Bench): Promise<Measured> {
  const { system, simulator, progress, plan, signal } = bench;
  const { seconds, limitSeconds, warmUpSeconds } = plan.open;
  const loop = { to: 'api' as const, perSecond: PER_SECOND, warmUpSeconds };
  await untilQuiet(bench);
  await simulator.reset();
  progress(`open bare Express at ${PER_SECOND}/s`, 'moving');
  const { port } = await bench.bareExpress();
  const bare = latencies(await runOpenLoop({ ...loop, port, seconds: limitSeconds }, signal));
  progress(`open ${PER_SECOND}/s for ${seconds} s`, 'moving');
  const pids = { ...system.servicePids(), ...system.stackPids() };
  const { result, cost } = await costWhile(pids, () =>
    runOpenLoop({ ...loop, port: system.ports.ingest, seconds }, signal),
  );
  const ours = latencies(result);
  await untilDelivered(bench, result.sent.length);
  return {
    rows: [
      {
        figure: `accept at ${PER_SECOND}/s, p95`,
        value: ours.p95,
        unit: 'ms',
        bar: BARS.open,
        limit: { what: 'Express', value: bare.p95 },
      },
    ],
    notes: [
      `open: p50 ${quantity(ours.p50, 'ms')}, p99 ${quantity(ours.p99, 'ms')}, max ${quantity(ours.max, 'ms')}, ` +
        'from when a request was due; all services running and delivering',
      `open: of a core, ${costsText(cost)}`,
    ],
    detail: { ours, bare, cost },
  };
}

function latencies(result: OpenLoopResult): Summary {
  return summarise(requireAll(result).map(({ latencyMs }) => latencyMs));
}
