import { setTimeout as sleep } from 'node:timers/promises';
import { type Gate, openGate } from '../../journey/gate.ts';
import { BARS } from '../bars.ts';
import { type Bench, untilQuiet } from '../bench.ts';
import type { Bar, Measured, Row } from '../figure.ts';
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
 * Providers that are out for two minutes, all at the same time: that of sms refuses connections and has a backup, that
 * of email answers nothing and has one, that of push refuses and has none. How late the latest sms and email are, and
 * how long after the return the last push.
 */
export async function measureOutage(bench: Bench): Promise<Measured> {
  const { system, simulator, progress } = bench;
  await untilQuiet(bench);
  await simulator.reset();
  progress('outage starting two more providers', 'moving');
  const [second, mute] = [await system.addReplica('simulator'), await system.addReplica('simulator')];
  const gate = await openGate({ host: '127.0.0.1', port: system.ports.simulator });
  const providers = { gate, backup: askSimulator(second.port), mute: askSimulator(mute.port) };
  try {
    const urls = settings(urlOf(gate), urlOf(second), urlOf(mute));
    return tell(bench, await withTwoDeliveries(bench, urls, () => endure(bench, providers)));
  } finally {
    gate.shut();
    await Promise.all([second.stop(), mute.stop()]);
  }
}

function settings(gate: string, backup: string, mute: string): Record<string, string> {
  return {
    SMS_PROVIDERS: 'primary,backup',
    SMS_PROVIDER_PRIMARY_URL: gate,
    SMS_PROVIDER_BACKUP_URL: backup,
    EMAIL_PROVIDERS: 'primary,backup',
    EMAIL_PROVIDER_PRIMARY_URL: mute,
    EMAIL_PROVIDER_BACKUP_URL: backup,
    PUSH_PROVIDER_URL: gate,
    OUTBOUND_RATE_PER_CHANNEL: String(LIMIT),
  };
}

function urlOf({ port }: { port: number }): string {
  return `http://127.0.0.1:${port}/`;
}

type Providers = { gate: Gate; backup: Simulator; mute: Simulator };
type Sent = OpenLoopResult['sent'];
type Calls = Awaited<ReturnType<Simulator['calls']>>;
type Happened = { backAt: number; sms: Sent; email: Sent; push: Sent; calls: Map<string, Calls> };

async function endure(bench: Bench, providers: Providers): Promise<Happened> {
  const { system, plan, progress, simulator, signal } = bench;
  const { warmUpSeconds, outSeconds } = plan.outage;
  progress(`outage of ${outSeconds} s, ${PER_SECOND}/s of each channel`);
  const loop = { port: system.ports.ingest, to: 'api', perSecond: PER_SECOND, warmUpSeconds } as const;
  const load = { ...loop, seconds: outSeconds };
  const [backAt, ...loads] = await Promise.all([
    takeOut(bench, providers),
    runOpenLoop({ ...load, channel: 'sms' }, signal),
    runOpenLoop({ ...load, channel: 'email' }, signal),
    runOpenLoop({ ...load, channel: 'push' }, signal),
  ]);
  const [sms, email, push] = [requireAll(loads[0]), requireAll(loads[1]), requireAll(loads[2])];
  const witnesses = [simulator, providers.backup, providers.mute];
  const calls = await untilAllAccepted(bench, witnesses, [...sms, ...email, ...push]);
  return { backAt, sms, email, push, calls };
}

/** Resolves when they are back, with that moment. */
async function takeOut({ plan, signal }: Bench, { gate, mute }: Providers): Promise<number> {
  const { warmUpSeconds, outSeconds } = plan.outage;
  await sleep(warmUpSeconds * MS, undefined, { signal });
  gate.shut();
  await mute.hang(true);
  await sleep(outSeconds * MS, undefined, { signal });
  await Promise.all([gate.open(), mute.hang(false)]);
  return Date.now();
}

/** Every call, by the notification. @throws when some are never accepted */
async function untilAllAccepted(
  { progress, signal }: Bench,
  providers: readonly Simulator[],
  sent: Sent,
): Promise<Map<string, Calls>> {
  const giveUpAt = performance.now() + ARRIVAL_TIMEOUT_MS;
  for (;;) {
    const calls = (await Promise.all(providers.map((provider) => provider.calls()))).flat();
    const accepted = new Set(calls.filter(isTaken).map(({ id }) => id));
    const missing = sent.filter(({ id }) => !accepted.has(id)).length;
    progress(`outage ${missing} still to come`, 'moving');
    if (missing === 0) return Map.groupBy(calls, ({ id }) => id);
    if (performance.now() > giveUpAt) throw new Error(`${missing} of ${sent.length} did not arrive`);
    await sleep(MS, undefined, { signal });
  }
}

function tell({ plan }: Bench, happened: Happened): Measured {
  const { sms, email, push, backAt } = happened;
  const { outSeconds } = plan.outage;
  const refused = latest(happened, sms);
  const unanswered = latest(happened, email);
  const last = Math.max(...push.map(({ id }) => firstTaken(happened, id))) - backAt;
  const counts = countsOf(happened);
  return {
    rows: [
      rowOf(`provider out for ${outSeconds} s, with a backup: latest`, refused, BARS.outage.withBackup),
      rowOf('one that does not answer: latest', unanswered, BARS.outage.withBackup),
      rowOf('without one: all sent after its return', last, BARS.outage.withoutBackup),
    ],
    notes: [
      `outage: ${PER_SECOND}/s of each channel, two deliveries, limit ${quantity(LIMIT, '/s')}; ${counts.sent} sent, ` +
        `none missing; connections refused: ${counts.twice} taken twice, cut off while they were sent; ` +
        `no answer: ${counts.inVain} called in vain`,
    ],
    detail: { outSeconds, refused, unanswered, last, ...counts },
  };
}

function rowOf(figure: string, valueMs: number, bar: Bar): Row {
  return { figure, value: valueMs / MS, unit: 's', bar, limit: null };
}

function countsOf({ sms, email, push, calls }: Happened): { sent: number; twice: number; inVain: number } {
  const taken = ({ id }: { id: string }): number => calls.get(id)?.filter(isTaken).length ?? 0;
  return {
    sent: sms.length + email.length + push.length,
    twice: [...sms, ...push].filter((one) => taken(one) > 1).length,
    inVain: email.filter((one) => (calls.get(one.id)?.length ?? 0) > taken(one)).length,
  };
}

/** How late the last one is that was due. */
function latest(happened: Happened, sent: Sent): number {
  return Math.max(...sent.map(({ id, dueAt }) => firstTaken(happened, id) - dueAt));
}

function firstTaken({ calls }: Happened, id: string): number {
  const taken = calls.get(id)?.filter(isTaken) ?? [];
  return Math.min(...taken.map(({ at }) => at));
}

function isTaken({ isAccepted }: Calls[number]): boolean {
  return isAccepted;
}
