import { BARS } from '../bars.ts';
import { type Bench, untilQuiet } from '../bench.ts';
import type { Measured, Row } from '../figure.ts';
import { runOpenLoop } from '../load/loads.ts';
import { costWhile } from '../measure/processes.ts';
import { summarise, type Summary } from '../measure/statistics.ts';
import { waitsOf } from '../measure/told.ts';
import { openStatusLog } from '../status-log.ts';
import { PROVIDER_LATENCY_MS } from '../system.ts';
import { quantity } from '../table.ts';
import { requireAll } from './complete.ts';
import { costsText } from './costs.ts';

const PER_SECOND = 300;
const SOCKETS = 500;
/** Long enough that a client which asks right after its 202 listens before the end comes. */
const LATENCY_MS = 200;

/** From when Kafka has a status event to when the client that listens has its frame, while everything runs. */
export async function measureLive(bench: Bench): Promise<Measured> {
  const { system, simulator, plan, progress, signal } = bench;
  const { warmUpSeconds, seconds } = plan.live;
  await untilQuiet(bench);
  await simulator.reset();
  await simulator.answerAfter(LATENCY_MS);
  const log = openStatusLog(system.env);
  try {
    const mark = await log.mark();
    progress(`live ${PER_SECOND}/s for ${warmUpSeconds + seconds} s, ${SOCKETS} sockets`);
    const loop = { port: system.ports.ingest, to: 'api' as const, perSecond: PER_SECOND };
    const listen = { port: system.ports.gateway, sockets: SOCKETS };
    const { result, cost } = await costWhile({ ...system.servicePids(), ...system.stackPids() }, () =>
      runOpenLoop({ ...loop, warmUpSeconds, seconds, listen }, signal),
    );
    const counted = new Set(requireAll(result).map(({ id }) => id));
    const logged = (await log.since(mark)).filter(({ id }) => counted.has(id));
    const waits = summarise(waitsOf(result.heard, logged));
    return {
      rows: [toRow('p50', waits), toRow('p99', waits)],
      notes: [
        `live: ${waits.count} changes, p95 ${quantity(waits.p95, 'ms')}, max ${quantity(waits.max, 'ms')}; ` +
          `${SOCKETS} sockets, each on ids of its own; provider latency ${LATENCY_MS} ms`,
        `live: of a core, ${costsText(cost)}`,
      ],
      detail: { ...waits, cost },
    };
  } finally {
    await log.close();
    await simulator.answerAfter(PROVIDER_LATENCY_MS);
  }
}

function toRow(point: 'p50' | 'p99', waits: Summary): Row {
  return {
    figure: `status event to client, ${PER_SECOND}/s, ${point}`,
    value: waits[point],
    unit: 'ms',
    bar: BARS.live[point],
    limit: null,
  };
}
