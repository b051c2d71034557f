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

/** How many single notifications a second are accepted, beside a bare handler of the same requests. */
export async function measureAccept(bench: Bench): Promise<Measured> {
  const { rounds, firstWarmUpMs } = bench.plan.accept;
  const sides = await bothSides(bench);
  const measured: { ours: Round[]; bare: Round[] } = { ours: [], bare: [] };
  bench.progress('accept warming up', 'moving');
  await runRound(bench, sides.ours, firstWarmUpMs);
  for (let round = 1; round <= rounds; round += 1) {
    bench.progress(`accept bare Express, round ${round} of ${rounds}`, 'moving');
    measured.bare.push(await runRound(bench, sides.bare));
    bench.progress(`accept ingest, round ${round} of ${rounds}`, 'moving');
    measured.ours.push(await runRound(bench, sides.ours));
  }
  return tell(measured.ours, measured.bare);
}

type Side = { port: number; pids: Pids };
type Round = { result: ClosedLoopResult; cost: Cost };

async function bothSides({ system, bareExpress }: Bench): Promise<{ ours: Side; bare: Side }> {
  const express = await bareExpress();
  return {
    ours: { port: system.ports.ingest, pids: { ...system.servicePids(), ...system.stackPids() } },
    bare: { port: express.port, pids: { express: express.pid } },
  };
}

async function runRound(
  { plan, signal }: Bench,
  { port, pids }: Side,
  warmUpMs = plan.accept.warmUpMs,
): Promise<Round> {
  const { measureMs } = plan.accept;
  const loop = { port, connections: CONNECTIONS, size: 1, warmUpMs, measureMs, requestsMax: REQUESTS_MAX };
  return costWhile(pids, () => runClosedLoop(loop, signal));
}

function tell(ours: Round[], bare: Round[]): Measured {
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
    ],
    notes: [
      `accept: latency ${latencyText(ours)}; Express ${latencyText(bare)}; medians of ${ours.length} rounds`,
      `accept: CPU for each, ${cpuText(ours)}; Express, ${cpuText(bare)}`,
      ...refusals(ours),
    ],
    detail: { ours, bare },
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
