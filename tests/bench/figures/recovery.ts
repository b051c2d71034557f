import { setTimeout as sleep } from 'node:timers/promises';
import { BARS } from '../bars.ts';
import { type Bench, untilQuiet, untilWorkedOff } from '../bench.ts';
import type { Measured } from '../figure.ts';
import { type OpenLoopResult, runOpenLoop } from '../load/loads.ts';
import { type AfterKill, waitsAfterKill } from '../measure/after-kill.ts';
import { PROVIDER_LATENCY_MS, type Replica } from '../system.ts';
import { quantity } from '../table.ts';
import { requireAll } from './complete.ts';

const PER_SECOND = 100;
/** Slow enough that a kill finds some 25 calls under way in each of two workers. */
const LATENCY_MS = 500;
const MS = 1_000;

/** From the kill (-9) of one of two delivery workers to the last call that it left for the other to make. */
export async function measureRecovery(bench: Bench): Promise<Measured> {
  const { system, simulator, progress } = bench;
  progress('recovery starting a second delivery', 'moving');
  const replica = await system.addReplica('delivery');
  try {
    await untilQuiet(bench);
    await simulator.reset();
    await simulator.answerAfter(LATENCY_MS);
    const killed = await killUnderLoad(bench, replica);
    await untilWorkedOff(bench);
    return tell(killed, await waitsOf(bench, killed), await longestAfter(bench, killed));
  } finally {
    await replica.kill();
    await simulator.answerAfter(PROVIDER_LATENCY_MS);
  }
}

type Killed = { at: number; sent: OpenLoopResult['sent'] };

async function killUnderLoad({ system, plan, progress, signal }: Bench, replica: Replica): Promise<Killed> {
  const { warmUpSeconds, seconds } = plan.recovery;
  progress(`recovery ${PER_SECOND}/s, kill after ${warmUpSeconds} s, for ${warmUpSeconds + seconds} s`);
  const loop = {
    port: system.ports.ingest,
    to: 'api' as const,
    perSecond: PER_SECOND,
    warmUpSeconds,
    seconds,
  };
  const [result, at] = await Promise.all([runOpenLoop(loop, signal), killAfter(warmUpSeconds)]);
  requireAll(result);
  return { at, sent: result.sent };

  async function killAfter(afterSeconds: number): Promise<number> {
    await sleep(afterSeconds * MS, undefined, { signal });
    const killedAt = Date.now();
    await replica.kill();
    return killedAt;
  }
}

async function waitsOf({ simulator }: Bench, { at, sent }: Killed): Promise<AfterKill> {
  const accepted = sent.map(({ id, dueAt, latencyMs }) => ({ id, acceptedAt: dueAt + latencyMs }));
  const waits = waitsAfterKill(at, accepted, await simulator.calls());
  if (waits.cutOff.length === 0) throw new Error('the kill cut off no call: there was nothing to recover');
  return waits;
}

/** Of those that were accepted after the kill: into the partitions of the dead worker too, as long as it is not missed. */
async function longestAfter({ simulator }: Bench, { at, sent }: Killed): Promise<number> {
  const arrivals = await simulator.arrivals();
  const later = sent.filter(({ dueAt }) => dueAt > at);
  return Math.max(...later.map(({ id, dueAt }) => (arrivals.get(id) ?? Number.NaN) - dueAt));
}

function tell({ at }: Killed, { cutOff, waiting }: AfterKill, longestMs: number): Measured {
  const seconds = (ms: number): string => quantity(ms / MS, 's');
  return {
    rows: [
      {
        figure: 'delivery killed, its work sent again',
        value: Math.max(...cutOff, ...waiting) / MS,
        unit: 's',
        bar: BARS.recovery,
        limit: null,
      },
    ],
    notes: [
      `recovery: one of two killed (-9) at ${PER_SECOND}/s; ${cutOff.length} calls cut off, repeated after ` +
        `${seconds(Math.min(...cutOff))} to ${seconds(Math.max(...cutOff))}; ${waiting.length} waited up to ` +
        `${seconds(Math.max(0, ...waiting))}; accepted later, up to ${seconds(longestMs)} to the provider`,
    ],
    detail: { killedAt: new Date(at).toISOString(), cutOff, waiting, longestMs },
  };
}
