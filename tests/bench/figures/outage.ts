import { setTimeout as sleep } from 'node:timers/promises';
import { type Gate, openGate } from '../../journey/gate.ts';
import { BARS } from '../bars.ts';
import { type Bench, untilQuiet } from '../bench.ts';
import type { Measured } from '../figure.ts';
import { type OpenLoopResult, runOpenLoop } from '../load/loads.ts';
import { askSimulator, type Simulator } from '../simulator.ts';
import { quantity } from '../table.ts';
import { withTwoDeliveries } from '../two-deliveries.ts';
import { requireAll } from './complete.ts';

const PER_SECOND = 100;
/** Of each channel, so that what piled up can be made up for. */
const LIMIT = 1_000;
const MS = 1_000;
/** Longer than the bar: how late the last one is should be told, not only that it is too late. */
const ARRIVAL_TIMEOUT_MS = 120_000;

/**
 * A provider that refuses connections for two minutes: that of sms with a backup, that of push without one, both at
 * the same time. How late the latest sms is, and how long after the return the last push.
 */
export async function measureOutage(bench: Bench): Promise<Measured> {
  const { system, simulator, progress } = bench;
  await untilQuiet(bench);
  await simulator.reset();
  progress('outage starting a second provider', 'moving');
  const second = await system.addReplica('simulator');
  const gate = await openGate({ host: '127.0.0.1', port: system.ports.simulator });
  const backup = askSimulator(second.port);
  try {
    const happened = await withTwoDeliveries(bench, settings(gate, second.port), () =>
      endure(bench, gate, [simulator, backup]),
    );
    return tell(bench, happened);
  } finally {
    gate.shut();
    await second.stop();
  }
}

function settings(gate: Gate, backupPort: number): Record<string, string> {
  return {
    SMS_PROVIDERS: 'primary,backup',
    SMS_PROVIDER_PRIMARY_URL: `http://127.0.0.1:${gate.port}/`,
    SMS_PROVIDER_BACKUP_URL: `http://127.0.0.1:${backupPort}/`,
    PUSH_PROVIDER_URL: `http://127.0.0.1:${gate.port}/`,
    OUTBOUND_RATE_PER_CHANNEL: String(LIMIT),
  };
}

type Sent = OpenLoopResult['sent'];
type Happened = { backAt: number; sms: Sent; push: Sent; calls: Map<string, number[]> };

async function endure(bench: Bench, gate: Gate, providers: readonly Simulator[]): Promise<Happened> {
  const { system, plan, progress, signal } = bench;
  const { warmUpSeconds, outSeconds } = plan.outage;
  progress(`outage of ${outSeconds} s, ${PER_SECOND}/s of sms and of push`);
  const loop = { port: system.ports.ingest, to: 'api', perSecond: PER_SECOND, warmUpSeconds } as const;
  const load = { ...loop, seconds: outSeconds };
  const [sms, push, backAt] = await Promise.all([
    runOpenLoop({ ...load, channel: 'sms' }, signal),
    runOpenLoop({ ...load, channel: 'push' }, signal),
    shutFor(),
  ]);
  const all = [...requireAll(sms), ...requireAll(push)];
  const calls = await untilAllCalled(bench, providers, all);
  return { backAt, sms: requireAll(sms), push: requireAll(push), calls };

  async function shutFor(): Promise<number> {
    await sleep(warmUpSeconds * MS, undefined, { signal });
    gate.shut();
    await sleep(outSeconds * MS, undefined, { signal });
    await gate.open();
    return Date.now();
  }
}

/** When each was called, by its id. @throws when some never are */
async function untilAllCalled(
  { progress, signal }: Bench,
  providers: readonly Simulator[],
  sent: Sent,
): Promise<Map<string, number[]>> {
  const giveUpAt = performance.now() + ARRIVAL_TIMEOUT_MS;
  for (;;) {
    const calls = await Promise.all(providers.map((provider) => provider.calls()));
    const called = new Map<string, number[]>();
    for (const { id, at } of calls.flat()) called.set(id, [...(called.get(id) ?? []), at]);
    const missing = sent.filter(({ id }) => !called.has(id)).length;
    progress(`outage ${missing} still to come`, 'moving');
    if (missing === 0) return called;
    if (performance.now() > giveUpAt) throw new Error(`${missing} of ${sent.length} did not arrive`);
    await sleep(MS, undefined, { signal });
  }
}

function tell({ plan }: Bench, { backAt, sms, push, calls }: Happened): Measured {
  const { outSeconds } = plan.outage;
  const firstCall = (id: string): number => Math.min(...(calls.get(id) ?? []));
  const late = Math.max(...sms.map(({ id, dueAt }) => firstCall(id) - dueAt));
  const last = Math.max(...push.map(({ id }) => firstCall(id))) - backAt;
  const repeated = [...sms, ...push].filter(({ id }) => (calls.get(id)?.length ?? 0) > 1).length;
  return {
    rows: [
      {
        figure: `provider out for ${outSeconds} s, with a backup: latest`,
        value: late / MS,
        unit: 's',
        bar: BARS.outage.withBackup,
        limit: null,
      },
      {
        figure: 'without one: all sent after its return',
        value: last / MS,
        unit: 's',
        bar: BARS.outage.withoutBackup,
        limit: null,
      },
    ],
    notes: [
      `outage: connections refused, ${PER_SECOND}/s of each channel, two deliveries, limit ${quantity(LIMIT, '/s')}; ` +
        `${sms.length + push.length} sent, none missing, ${repeated} twice: cut off while they were sent`,
    ],
    detail: { outSeconds, late, last, repeated, sms: sms.length, push: push.length },
  };
}
