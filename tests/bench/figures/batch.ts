import { BARS } from '../bars.ts';
import type { Bench } from '../bench.ts';
import type { Measured } from '../figure.ts';
import { runClosedLoop } from '../load/loads.ts';
import { costWhile } from '../measure/processes.ts';
import { quantity } from '../table.ts';
import { costEachText } from './costs.ts';

const SIZE = 1_000;
/** Two are worked on at once, two wait: the next is there when one is done. */
const CONNECTIONS = 4;
const REQUESTS_MAX = 400;

/** How many notifications a second are accepted in batches. */
export async function measureBatch(bench: Bench): Promise<Measured> {
  const { system, progress, plan, signal } = bench;
  const { warmUpMs, measureMs } = plan.batch;
  const loop = { connections: CONNECTIONS, size: SIZE, warmUpMs, measureMs, requestsMax: REQUESTS_MAX };
  progress('batch bare Express', 'moving');
  const express = await bench.bareExpress();
  const bare = await runClosedLoop({ ...loop, port: express.port, measureMs: measureMs / 4 }, signal);
  progress('batch ingest', 'moving');
  const pids = { ...system.servicePids(), ...system.stackPids() };
  const { result: ours, cost } = await costWhile(pids, () =>
    runClosedLoop({ ...loop, port: system.ports.ingest }, signal),
  );
  const { p50, p99 } = ours.latencyMs;
  return {
    rows: [
      {
        figure: `accept in batches of ${SIZE}`,
        value: ours.perSecond * SIZE,
        unit: '/s',
        bar: BARS.batch,
        limit: { what: 'Express', value: bare.perSecond * SIZE },
      },
    ],
    notes: [
      `batch: latency of a batch p50 ${quantity(p50, 'ms')}, p99 ${quantity(p99, 'ms')}, ${CONNECTIONS} at a time`,
      `batch: CPU for each notification, ${costEachText(cost, ours.acceptedInAll * SIZE)}`,
      ...Object.entries(ours.refused).map(([status, count]) => `batch: ${count} were answered ${status}`),
    ],
    detail: { ours, bare, cost },
  };
}
