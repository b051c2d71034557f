import { BARS } from '../bars.ts';
import type { Bench } from '../bench.ts';
import type { Measured } from '../figure.ts';
import { type ClosedLoopResult, runClosedLoop } from '../load/loads.ts';
import { type Cost, costWhile, type Pids } from '../measure/processes.ts';
import { median } from '../measure/statistics.ts';
import { quantity } from '../table.ts';
import { costEachText, sumOf } from './costs.ts';

const CONNECTIONS = 64;
const REQUESTS_MAX = 500_000;
/** An idempotency key is another row in the same transaction, and a question to Redis. */
const KEYED_BAR = { shareOfLimit: 0.75 };

/** How many single notifications a second are accepted, beside a bare handler of the same requests. */
export async function measureAccept(bench: Bench): Promise<Measured> {
  const { rounds, firstWarmUpMs } = bench.plan.accept;
  const sides = await bothSides(bench);
  const measured: Sides<Round[]> = { ours: [], keyed: [], bare: [] };
  bench.progress('accept warming up', 'moving');
  await runRound(bench, sides.ours, firstWarmUpMs);
  for (let round = 1; round <= rounds; round += 1) {
    bench.progress(`accept bare Express, round ${round} of ${rounds}`, 'moving');
    measured.bare.push(await runRound(bench, sides.bare));
    bench.progress(`accept ingest, round ${round} of ${rounds}`, 'moving');
    measured.ours.push(await runRound(bench, sides.ours));
    bench.progress(`accept ingest, each with a key, round ${round} of ${rounds}`, 'moving');
    measured.keyed.push(await runRound(bench, sides.keyed));
  }
  return tell(measured);
}

type Sides<T> = { ours: T; keyed: T; bare: T };
type Side = { port: number; pids: Pids; keyed?: boolean };
type Round = { result: ClosedLoopResult; cost: Cost };

async function bothSides({ system, bareExpress }: Bench): Promise<Sides<Side>> {
  const express = await bareExpress();
  const ours = { port: system.ports.ingest, pids: { ...system.servicePids(), ...system.stackPids() } };
  return {
    ours,
    keyed: { ...ours, keyed: true },
    bare: { port: express.port, pids: { express: express.pid } },
  };
}

async function runRound(
  { plan, signal }: Bench,
  { port, pids, keyed = false }: Side,
  warmUpMs = plan.accept.warmUpMs,
): Promise<Round> {
  const { measureMs } = plan.accept;
  const requests = { size: 1, keyed, requestsMax: REQUESTS_MAX };
  const loop = { port, connections: CONNECTIONS, ...requests, warmUpMs, measureMs };
  return costWhile(pids, () => runClosedLoop(loop, signal));
}

function tell({ ours, keyed, bare }: Sides<Round[]>): Measured {
  const rate = (rounds: Round[]): number => median(rounds.map(({ result }) => result.perSecond));
  return {
    rows: [
      {
        figure: `accept, ${CONNECTIONS} connections`,
        value: rate(ours),
        unit: '/s',
        bar: BARS.accept,
        limit: { what: 'Express', value: rate(bare) },
      },
      {
        figure: 'accept, each with a key',
        value: rate(keyed),
        unit: '/s',
        bar: KEYED_BAR,
        limit: { what: 'without a key', value: rate(ours) },
      },
    ],
    notes: [
      `accept: latency ${latencyText(ours)}; Express ${latencyText(bare)}; medians of ${ours.length} rounds`,
      `accept: CPU for each, ${cpuText(ours)}; Express, ${cpuText(bare)}`,
      `accept: CPU for each with a key, ${cpuText(keyed)}`,
      ...refusals([...ours, ...keyed]),
    ],
    detail: { ours, keyed, bare },
  };
}

function latencyText(rounds: Round[]): string {
  const p50 = median(rounds.map(({ result }) => result.latencyMs.p50));
  const p99 = median(rounds.map(({ result }) => result.latencyMs.p99));
  return `p50 ${quantity(p50, 'ms')}, p99 ${quantity(p99, 'ms')}`;
}

function cpuText(rounds: Round[]): string {
  const count = rounds.reduce((sum, { result }) => sum + result.acceptedInAll, 0);
  const load = median(rounds.map(({ result }) => result.cpuMicros));
  return `${costEachText(sumOf(rounds.map(({ cost }) => cost)), count)}, the load ${Math.round(load)} µs`;
}

function refusals(rounds: Round[]): string[] {
  const refused = rounds.flatMap(({ result }) => Object.entries(result.refused));
  return refused.map(([status, count]) => `accept: ${count} requests were answered ${status}`);
}
