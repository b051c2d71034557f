import { setTimeout as sleep } from 'node:timers/promises';
import { BARS } from '../bars.ts';
import { acceptBatches, BATCH_SIZE } from '../batches.ts';
import { type Bench, untilQuiet } from '../bench.ts';
import { generateBodies } from '../bodies.ts';
import type { Measured } from '../figure.ts';
import type { Heard } from '../load/listeners.ts';
import { runAudience } from '../load/loads.ts';
import { readMetric } from '../measure/metrics.ts';
import { peakMemory } from '../measure/processes.ts';
import { compareTold, type Told } from '../measure/told.ts';
import { type Logged, openStatusLog } from '../status-log.ts';
import { quantity } from '../table.ts';
import { megabytes, toMegabytes } from './costs.ts';

/** Processes that share the clients, or they would be what is slow. */
const AUDIENCES = 2;
const MS = 1_000;
const SUBSCRIBED_TIMEOUT_MS = 60_000;
const ENDED_TIMEOUT_MS = 90_000;

/** As many clients as a gateway lets in, each on a notification of its own: what they take, and what they miss. */
export async function measureSockets(bench: Bench): Promise<Measured> {
  const { system, progress } = bench;
  const log = openStatusLog(system.env);
  try {
    const mark = await log.mark();
    const ids = await acceptUndelivered(bench, async () => idsOf(await log.since(mark)));
    await restartGateway(bench);
    const listening = listen(bench, ids);
    const subscribed = await Promise.race([untilSubscribed(bench), listening.then(endedEarly)]);
    progress(`sockets delivering to ${ids.length}`);
    await system.start('delivery');
    const heard = await listening;
    return tell(bench, {
      ...subscribed,
      ...compareTold(heard, await log.since(mark)),
      peakBytes: memory(bench),
    });
  } finally {
    await log.close();
    await system.start('delivery');
  }
}

/** Accepts the notifications while nobody delivers them. Returns their ids. */
async function acceptUndelivered(bench: Bench, ids: () => Promise<string[]>): Promise<string[]> {
  const { count } = bench.plan.sockets;
  await untilQuiet(bench);
  await bench.system.stop('delivery');
  await acceptBatches(bench, {
    figure: 'sockets',
    count: count / BATCH_SIZE,
    batchOf: (index) => generateBodies(800 + index, BATCH_SIZE),
  });
  return ids();
}

function idsOf(logged: readonly Logged[]): string[] {
  return [...new Set(logged.map(({ id }) => id))];
}

/** What it once had, it keeps: only a new one shows what these clients take. */
async function restartGateway({ system }: Bench): Promise<void> {
  await system.stop('gateway');
  await system.start('gateway');
}

async function listen({ system, signal }: Bench, ids: readonly string[]): Promise<Heard[]> {
  const size = Math.ceil(ids.length / AUDIENCES);
  const parts = Array.from({ length: AUDIENCES }, (_, part) => ids.slice(part * size, (part + 1) * size));
  const port = system.ports.gateway;
  const heard = await Promise.all(
    parts.map((part) => runAudience({ port, ids: part, limitMs: ENDED_TIMEOUT_MS }, signal)),
  );
  return heard.flat();
}

type Subscribed = { subscribedSeconds: number; subscribedBytes: number };

async function untilSubscribed(bench: Bench): Promise<Subscribed> {
  const { system, plan, progress, signal } = bench;
  const startedAt = performance.now();
  for (;;) {
    const subscribed = await readMetric(system.ports.gateway, 'fanfare_gateway_subscribed_ids');
    const elapsedMs = performance.now() - startedAt;
    progress(`sockets ${subscribed} of ${plan.sockets.count} subscribed`, 'moving');
    if (subscribed === plan.sockets.count)
      return { subscribedSeconds: elapsedMs / MS, subscribedBytes: memory(bench) };
    if (elapsedMs > SUBSCRIBED_TIMEOUT_MS) throw new Error(`only ${subscribed} clients subscribed`);
    await sleep(250, undefined, { signal });
  }
}

function endedEarly(): never {
  throw new Error('the clients ended before anything was delivered');
}

function memory({ system }: Bench): number {
  return peakMemory(system.servicePids()['gateway'] ?? 0);
}

function tell({ plan }: Bench, found: Subscribed & Told & { peakBytes: number }): Measured {
  const { count } = plan.sockets;
  const { subscribedSeconds, subscribedBytes, changes, missed, overtaken, peakBytes } = found;
  return {
    rows: [
      {
        figure: `gateway memory, ${count} sockets`,
        value: toMegabytes(peakBytes),
        unit: 'MB',
        bar: BARS.sockets.memory,
        limit: null,
      },
      {
        figure: 'missed by their clients',
        value: missed,
        unit: 'changes',
        bar: BARS.sockets.missed,
        limit: null,
      },
    ],
    notes: [
      `sockets: one gateway, each client on a notification of its own; all subscribed after ` +
        `${quantity(subscribedSeconds, 's')} with ${megabytes(subscribedBytes)}; ${changes} changes, and ${overtaken} events that came behind a newer one`,
    ],
    detail: found,
  };
}
