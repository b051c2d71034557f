import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getNotification } from './api.ts';
import { useDeliveries } from './deliveries.ts';
import { untilLanes } from './lane-states.ts';
import { metricOf } from './metrics.ts';
import { mustRun } from './program.ts';
import { recipientFor } from './recipients.ts';
import { callsForAll, type ProviderCall } from './simulator.ts';
import { startLoad, type SteadyLoad } from './steady-load.ts';

const PER_SECOND = 50;
/** What was let through before a lane was shut is with the provider by then, on a busy machine too. */
const UNDER_WAY_MS = 500;
const QUIET_MS = 1_500;
const CLI = new URL('../../packages/cli/bin/fanfare.mjs', import.meta.url).pathname;

describe('an operator’s hand, with two delivery processes', () => {
  const startedAtMs = Date.now();
  let load: SteadyLoad;
  // Said first, so that it comes before the services are stopped.
  after(async () => {
    await fanfare('lanes', 'resume', 'sms');
    await load.stop();
  });
  const { system, ...deliveries } = useDeliveries(2, () => ({}));

  before('send all the time', async () => {
    load = startLoad(system().apiUrl, PER_SECOND, () => ({
      channel: 'sms',
      recipient: recipientFor('sms', 60),
      content: 'durdur ✋',
    }));
    await eventually(async () => expect(await callsSoFar()).to.have.length.greaterThan(PER_SECOND));
  });

  it('stops every call of the channel by one command', async () => {
    expect(await fanfare('lanes', 'pause', 'sms', '--reason', 'bakım')).to.match(/^sms\/http is paused\.$/m);
    await expectPaused();
    await expectNoCalls();
    expect(await fanfare('lanes', 'ls', '--channel', 'sms')).to.match(/sms\/http +0 +paused .*bakım/);
  });

  it('leaves other channels alone', () => untilLanes(deliveries.urls(), 'push', { 'push/http': 'open' }));

  it('is remembered by processes that start later', async () => {
    await deliveries.restart();
    await expectPaused();
    await expectNoCalls();
  });

  it('is told by a metric, of each state of each lane', async () => {
    const lane = { channel: 'sms', provider: 'http' };
    for (const url of deliveries.urls()) {
      expect(await metricOf(url, 'fanfare_lane_state', { ...lane, state: 'paused' })).to.equal(1);
      expect(await metricOf(url, 'fanfare_lane_state', { ...lane, state: 'open' })).to.equal(0);
    }
  });

  it('lets everything that waited go by another, each once and at its first attempt', async () => {
    expect(await fanfare('lanes', 'resume', 'sms')).to.match(/^sms\/http is open\.$/m);
    await untilLanes(deliveries.urls(), 'sms', { 'sms/http': 'open' });
    await load.stop();
    const ids = load.accepted.map(({ id }) => id);
    for (const id of ids)
      await eventually(async () =>
        expect(await getNotification(system().apiUrl, id)).to.include({ status: 'delivered', attempts: 1 }),
      );
    const calls = await callsForAll(system().simulatorUrl, ids, startedAtMs);
    expect(Array.from(calls.values(), (own) => own.length)).to.deep.equal(ids.map(() => 1));
  });

  /** As an operator types it. */
  async function fanfare(...args: string[]): Promise<string> {
    const env = { FANFARE_URL: system().apiUrl };
    return (await mustRun(process.execPath, [CLI, ...args], { env })).toString();
  }

  function expectPaused(): Promise<void> {
    return untilLanes(deliveries.urls(), 'sms', { 'sms/http': 'paused' });
  }

  async function expectNoCalls(): Promise<void> {
    await sleep(UNDER_WAY_MS);
    const sinceMs = Date.now();
    await sleep(QUIET_MS);
    expect((await callsSoFar()).filter(({ at }) => Date.parse(at) > sinceMs)).to.deep.equal([]);
  }

  async function callsSoFar(): Promise<ProviderCall[]> {
    const ids = load.accepted.map(({ id }) => id);
    return [...(await callsForAll(system().simulatorUrl, ids, startedAtMs)).values()].flat();
  }
});
