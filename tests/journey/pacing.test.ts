import { setTimeout as sleep } from 'node:timers/promises';
import { stack, eventually } from '@fanfare/testkit';
import type { ServiceProcess } from '@fanfare/infra/services';
import { expect } from 'chai';
import { slidingSeconds } from '../bench/measure/sliding.ts';
import { getBatch, getNotification } from './api.ts';
import { useDeliveries } from './deliveries.ts';
import { type Gate, openGate } from './gate.ts';
import { untilLanes } from './lane-states.ts';
import { metricOf } from './metrics.ts';
import { recipientFor } from './recipients.ts';
import { sendBatchByCurl } from './rest-door.ts';
import { callsSince, changeSettings, type ProviderCall } from './simulator.ts';
import { send } from './steady-load.ts';

const LIMIT = 100;
const BATCHES = 2;
const UNDISTURBED_MS = 4_000;
const REDIS_AWAY_MS = 4_000;
/** Two processes that keep to the limit each by itself come to twice of it; the rest is for a machine that stalls. */
const BUSIEST_SECOND_MAX = 1.5 * LIMIT;
/** Long enough to be seen at both. */
const PAUSE_SECONDS = 4;

describe(`a limit of ${LIMIT} a second over two delivery processes`, () => {
  let provider: ServiceProcess;
  let redis: Gate;
  const { system, ...deliveries } = useDeliveries(2, async ({ addReplica }) => {
    provider = await addReplica('simulator');
    const address = new URL((await stack()).REDIS_URL);
    redis = await openGate({ host: address.hostname, port: Number(address.port) });
    address.host = `127.0.0.1:${redis.port}`;
    return {
      PUSH_PROVIDER_URL: provider.url,
      REDIS_URL: address.href,
      OUTBOUND_RATE_PER_CHANNEL: String(LIMIT),
    };
  });
  after(async () => {
    redis.shut();
    await provider.stop();
  });
  let batchIds: string[] = [];
  let throttledId = '';
  let calls: ProviderCall[] = [];
  /** When Redis went, and when it was back. */
  let [goneAtMs, backAtMs] = [0, 0];

  before('queue more than it lets through; throttle, then lose Redis', async () => {
    for (let sent = 0; sent < BATCHES; sent += 1)
      batchIds.push((await sendBatchByCurl(system(), members())).id);
    await sleep(UNDISTURBED_MS);
    await throttleOnce();
    goneAtMs = Date.now();
    redis.shut();
    await sleep(REDIS_AWAY_MS);
    await redis.open();
    backAtMs = Date.now();
    for (const id of batchIds) await untilDelivered(id);
    await eventually(async () => {
      expect((await getNotification(system().apiUrl, throttledId)).status).to.equal('delivered');
    });
    calls = await callsSince(provider.url, 0);
  });

  it('is kept to, and used', () => {
    const times = accepted().map(({ at }) => Date.parse(at));
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    expect(Math.max(...slidingSeconds(times, first, last))).to.be.at.most(BUSIEST_SECOND_MAX);
    const undisturbed = times.filter((ms) => ms < first + UNDISTURBED_MS);
    expect(undisturbed.length / LIMIT).to.be.at.least(0.5 * (UNDISTURBED_MS / 1_000));
  });

  it('is shared by both', async () => {
    const labels = { channel: 'push', outcome: 'accepted' };
    for (const url of deliveries.urls())
      expect(await metricOf(url, 'fanfare_provider_call_seconds_count', labels)).to.be.greaterThan(
        (BATCHES * 1_000) / 5,
      );
  });

  it('gives way to a provider that asked one of them for a pause, on both, and uses no attempt', () => {
    const refused = calls.filter(({ answer }) => answer === 'throttled');
    expect(refused.map(({ idempotencyKey }) => idempotencyKey)).to.deep.equal([`${throttledId}:0`]);
    // Each may be tried once, and all of them are delivered.
    const keys = accepted().map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).to.have.length(BATCHES * 1_000 + 1);
    expect(new Set(keys).size).to.equal(keys.length);
  });

  it('is kept to while Redis is away', () => {
    const meanwhile = accepted().filter(({ at }) => Date.parse(at) >= goneAtMs && Date.parse(at) < backAtMs);
    const most = (LIMIT * (backAtMs - goneAtMs)) / 1_000;
    expect(meanwhile.length).to.be.within(most / 2, most * 1.2);
  });

  /** A single call is refused, so that one of the processes knows of the pause by the other alone. */
  async function throttleOnce(): Promise<void> {
    await changeSettings(provider.url, { retryAfterSeconds: PAUSE_SECONDS });
    throttledId = await send(system().apiUrl, { ...member(0), content: '[throttle:1]', priority: 'high' });
    await untilLanes(deliveries.urls(), 'push', { 'push/http': 'throttled' });
    await untilLanes(deliveries.urls(), 'push', { 'push/http': 'open' });
  }

  function accepted(): ProviderCall[] {
    return calls.filter(({ answer }) => answer === 'accepted');
  }

  function untilDelivered(id: string): Promise<unknown> {
    return eventually(
      async () => expect((await getBatch(system().apiUrl, id)).counts).to.deep.equal({ delivered: 1_000 }),
      { intervalMs: 250 },
    );
  }
});

function members(): object[] {
  return Array.from({ length: 1_000 }, (_, index) => member(index));
}

function member(index: number): object {
  return {
    channel: 'push',
    recipient: recipientFor('push', index),
    content: `${index}. ölçülü 🐢`,
    max_attempts: 1,
  };
}
