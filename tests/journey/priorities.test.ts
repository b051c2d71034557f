import { PRIORITIES, type Priority } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getBatch } from './api.ts';
import { curl } from './curl.ts';
import { useDeliveries } from './deliveries.ts';
import { untilLanes } from './lane-states.ts';
import { metricOf } from './metrics.ts';
import { recipientFor } from './recipients.ts';
import { sendBatchByCurl } from './rest-door.ts';
import { callsSince, type ProviderCall } from './simulator.ts';
import { send } from './steady-load.ts';

/** A round of the scheduler while all three wait. */
const ROUND = { high: 16, normal: 4, low: 1 };
const ROUND_SIZE = 21;
const WAITING = { high: 5 * ROUND.high, normal: 40, low: 40 };

describe('three priorities that all wait', () => {
  // One after the other, so that the provider sees the order in which they are taken.
  const { system, ...deliveries } = useDeliveries(1, () => ({ DELIVERY_CONCURRENCY: '1' }));
  let order: Priority[] = [];

  before('queue them while nothing may be sent, then open', async () => {
    const { apiUrl, simulatorUrl } = system();
    const startedAtMs = Date.now();
    await changeLanes(apiUrl, 'pause');
    await untilLanes(deliveries.urls(), 'sms', { 'sms/http': 'paused' });
    const { id } = await sendBatchByCurl(system(), PRIORITIES.flatMap(members));
    for (const priority of PRIORITIES) await eventually(() => expectWaiting(priority));
    await changeLanes(apiUrl, 'resume');
    await untilDelivered(apiUrl, id, WAITING.high + WAITING.normal + WAITING.low);
    const calls = await callsSince(simulatorUrl, startedAtMs);
    order = calls.flatMap(({ content }) => PRIORITIES.filter((priority) => content.startsWith(priority)));
  });

  it('have 16, 4 and 1 of every 21 calls', () => {
    const rounds = windows(order.slice(0, order.lastIndexOf('high') + 1), ROUND_SIZE);
    expect(rounds).to.have.length.greaterThan(3 * ROUND_SIZE);
    expect(rounds.map(countOf)).to.deep.equal(rounds.map(() => ROUND));
  });

  it('leave what they do not use to the others, at 4 and 1 of every 5', () => {
    const rounds = windows(order.slice(order.lastIndexOf('high') + 1, order.lastIndexOf('normal') + 1), 5);
    expect(rounds).to.have.length.greaterThan(5);
    expect(rounds.map(countOf)).to.deep.equal(rounds.map(() => ({ high: 0, normal: 4, low: 1 })));
  });

  async function expectWaiting(priority: Priority): Promise<void> {
    const waiting = await Promise.all(
      deliveries.urls().map((url) => metricOf(url, 'fanfare_delivery_waiting', { channel: 'sms', priority })),
    );
    expect(waiting, `${priority} that wait`).to.deep.equal([WAITING[priority]]);
  }
});

const LIMIT = 200;
const BACKLOG = 3_000;
/** One after the other, as long as there are many that each has to overtake. */
const URGENT = 30;

describe(`${BACKLOG} low ones queued at a limit of ${LIMIT} a second, and high ones behind them`, () => {
  const { system } = useDeliveries(2, () => ({ OUTBOUND_RATE_PER_CHANNEL: String(LIMIT) }));
  const acceptedAtMs = new Map<string, number>();
  let calls: ProviderCall[] = [];

  before('queue them, and send an urgent one after the other', async () => {
    const { apiUrl, simulatorUrl } = system();
    const startedAtMs = Date.now();
    const batches: string[] = [];
    for (let sent = 0; sent < BACKLOG; sent += 1_000)
      batches.push((await sendBatchByCurl(system(), backlog())).id);
    while (acceptedAtMs.size < URGENT && (await callsSince(simulatorUrl, startedAtMs)).length < BACKLOG / 2) {
      const id = await send(apiUrl, { ...someone('high', 0), priority: 'high' });
      acceptedAtMs.set(id, Date.now());
      await eventually(async () => expect(await callsOf(id, startedAtMs)).to.have.length(1));
    }
    for (const id of batches) await untilDelivered(apiUrl, id, 1_000);
    calls = (await callsSince(simulatorUrl, startedAtMs)).filter(({ channel }) => channel === 'sms');
  });

  it('are called each once', () => {
    const keys = calls.map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).to.have.length(BACKLOG + acceptedAtMs.size);
    expect(new Set(keys).size).to.equal(keys.length);
  });

  it('are overtaken by each high one, before a second’s worth of them is called', () => {
    const passed = Array.from(acceptedAtMs, ([id, acceptedMs]) => {
      const calledMs = Date.parse(calls.find(({ idempotencyKey }) => idempotencyKey === `${id}:0`)?.at ?? '');
      return lowCalls().filter((ms) => ms > acceptedMs && ms < calledMs).length;
    });
    expect(Math.max(...passed)).to.be.at.most(LIMIT);
  });

  it('have the calls meanwhile that the high ones leave', () => {
    const [firstMs = 0, ...others] = acceptedAtMs.values();
    const meanwhile = lowCalls().filter((ms) => ms > firstMs && ms < (others.at(-1) ?? 0));
    expect(meanwhile.length).to.be.at.least(acceptedAtMs.size);
  });

  async function callsOf(id: string, sinceMs: number): Promise<ProviderCall[]> {
    const all = await callsSince(system().simulatorUrl, sinceMs);
    return all.filter(({ idempotencyKey }) => idempotencyKey === `${id}:0`);
  }

  function lowCalls(): number[] {
    return calls.filter(({ content }) => content.startsWith('low')).map(({ at }) => Date.parse(at));
  }
});

function members(priority: Priority): object[] {
  return Array.from({ length: WAITING[priority] }, (_, index) => ({ ...someone(priority, index), priority }));
}

function backlog(): object[] {
  return Array.from({ length: 1_000 }, (_, index) => ({ ...someone('low', index), priority: 'low' }));
}

function someone(priority: Priority, index: number) {
  return { channel: 'sms', recipient: recipientFor('sms', index), content: `${priority}: sıra ${index}` };
}

async function changeLanes(apiUrl: string, change: 'pause' | 'resume'): Promise<void> {
  const { status, text } = await curl(`${apiUrl}/api/v1/lanes/sms/${change}`, { method: 'PATCH' });
  expect(status, text).to.equal(200);
}

function untilDelivered(apiUrl: string, batchId: string, delivered: number): Promise<unknown> {
  return eventually(
    async () => expect((await getBatch(apiUrl, batchId)).counts).to.deep.equal({ delivered }),
    { intervalMs: 250 },
  );
}

/** Every stretch of so many that follow each other. */
function windows<T>(all: readonly T[], size: number): T[][] {
  return all.flatMap((_, index) => (index + size <= all.length ? [all.slice(index, index + size)] : []));
}

function countOf(priorities: readonly Priority[]): Record<Priority, number> {
  const count = { high: 0, normal: 0, low: 0 };
  for (const priority of priorities) count[priority] += 1;
  return count;
}
