import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, CHANNELS } from '@fanfare/contracts';
import type { ServiceProcess } from '@fanfare/infra/services';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { after, before } from 'mocha';
import { useDeliveries } from './deliveries.ts';
import { expectStatus } from './follow.ts';
import { type Gate, openGate } from './gate.ts';
import { laneStates } from './lane-states.ts';
import { recipientFor } from './recipients.ts';
import { callsSince, changeSettings, type ProviderCall } from './simulator.ts';
import { type Accepted, startLoad } from './steady-load.ts';
import type { System } from './system.ts';

/** The provider of each channel is out in a way of its own, all at the same time. */
export const OUTAGES: Readonly<Record<Channel, string>> = {
  sms: 'refuses connections',
  email: 'answers 503',
  push: 'does not answer',
};

/** What is left of an outage when it is over. */
export type Outage = {
  /** Of the first delivery process: the state of each lane of a channel at its end, and when it was over. */
  lanesDuring: Record<Channel, Record<string, string>>;
  lanesAfterwards: Record<Channel, Record<string, string>>;
  /** What was accepted, before and after its end. */
  accepted: (Accepted & { isDuring: boolean })[];
  /** Every call, at whichever provider, by the notification. */
  calls: Map<string, ProviderCall[]>;
};

const PER_SECOND = 60;
const OUTAGE_MS = 8_000;
/** Longer than each of its waits may take. */
const OUTAGE_TIMEOUT_MS = 5 * 60_000;
const REPLICAS = 2;
const CIRCUIT = { CIRCUIT_MAX_FAILURES: '5', CIRCUIT_WINDOW_MS: '2s', CIRCUIT_OPEN_MS: '2s' };

/**
 * Takes the providers of all channels out until their circuits open, with two delivery processes and a steady load.
 * @param settingsOf what delivery is to know of the provider of a channel
 */
export function useOutage(
  settingsOf: (prefix: string, providerUrl: string, system: System) => NodeJS.ProcessEnv,
): { system: () => System; outage: () => Outage } {
  let providers: Providers | undefined;
  let outage: Outage | undefined;

  const { system, ...deliveries } = useDeliveries(REPLICAS, async (started) => {
    providers = await openProviders(started);
    const ofChannels = Object.entries(providers).map(([channel, { url }]) =>
      settingsOf(channel.toUpperCase(), url, started),
    );
    return Object.assign({ ...CIRCUIT }, ...ofChannels) as NodeJS.ProcessEnv;
  });
  before('take the providers out while sending', async function () {
    this.timeout(OUTAGE_TIMEOUT_MS);
    if (providers === undefined) throw new Error('there are no providers');
    outage = await happen(system(), providers, deliveries.urls());
  });
  after('stop the providers', async () => {
    for (const { simulator, gate } of Object.values(providers ?? {})) {
      gate.shut();
      await simulator.stop();
    }
  });
  return {
    system,
    outage: () => {
      if (outage === undefined) throw new Error('it is not over');
      return outage;
    },
  };
}

async function happen(system: System, providers: Providers, deliveryUrls: string[]): Promise<Outage> {
  const startedAtMs = Date.now();
  const [deliveryUrl = ''] = deliveryUrls;
  for (const channel of CHANNELS) await providers[channel].out();
  const load = startLoad(system.apiUrl, PER_SECOND, bodyOf);
  await sleep(OUTAGE_MS);
  // A machine that stood still may not have called each of them five times yet.
  const lanesDuring = await eventually(async () => someShutInEach(await lanesOf(deliveryUrl)));
  for (const channel of CHANNELS) await providers[channel].back();
  const backAtMs = Date.now();
  for (const channel of CHANNELS)
    await eventually(async () => expect(await acceptedBy(providers[channel])).to.be.greaterThan(0));
  // A lane that may be asked again is asked by the next notification, so while there are some.
  const lanesAfterwards = await eventually(async () => allOpen(await lanesOf(deliveryUrl)));
  await load.stop();
  for (const { id } of load.accepted) await expectStatus(system, id, 'delivered');
  const urls = [system.simulatorUrl, ...Object.values(providers).map(({ simulator }) => simulator.url)];
  const calls = await Promise.all(urls.map((url) => callsSince(url, startedAtMs)));
  return {
    lanesDuring,
    lanesAfterwards,
    accepted: load.accepted.map((one) => ({ ...one, isDuring: one.acceptedAtMs < backAtMs })),
    calls: Map.groupBy(calls.flat(), ({ idempotencyKey }) => idempotencyKey.replace(/:0$/, '')),
  };
}

function someShutInEach(lanes: Outage['lanesDuring']): Outage['lanesDuring'] {
  for (const own of Object.values(lanes))
    expect(Object.values(own)).to.satisfy((states: string[]) => states.some((state) => state !== 'open'));
  return lanes;
}

function allOpen(lanes: Outage['lanesAfterwards']): Outage['lanesAfterwards'] {
  const states = Object.values(lanes).flatMap((own) => Object.values(own));
  expect(states).to.deep.equal(states.map(() => 'open'));
  return lanes;
}

type Provider = {
  /** As delivery knows it. */
  url: string;
  simulator: ServiceProcess;
  gate: Gate;
  out: () => Promise<void>;
  back: () => Promise<void>;
};
type Providers = Readonly<Record<Channel, Provider>>;

async function openProviders(system: System): Promise<Providers> {
  const [sms, email, push] = [
    await openProvider(system),
    await openProvider(system),
    await openProvider(system),
  ];
  return {
    // Nothing is under way when it is shut, so nothing is cut off.
    sms: { ...sms, out: async () => sms.gate.shut(), back: sms.gate.open },
    email: { ...email, ...switchOf(email, 'failRate') },
    push: { ...push, ...switchOf(push, 'hangRate') },
  };
}

async function openProvider(system: System): Promise<Pick<Provider, 'url' | 'simulator' | 'gate'>> {
  const simulator = await system.addReplica('simulator');
  const gate = await openGate({ host: '127.0.0.1', port: simulator.port });
  return { simulator, gate, url: `http://127.0.0.1:${gate.port}/` };
}

function switchOf({ simulator }: Pick<Provider, 'simulator'>, rate: string): Pick<Provider, 'out' | 'back'> {
  return {
    out: () => changeSettings(simulator.url, { [rate]: 1 }),
    back: () => changeSettings(simulator.url, { [rate]: 0 }),
  };
}

function bodyOf(index: number) {
  const channel = CHANNELS[index % CHANNELS.length] ?? 'sms';
  return { channel, recipient: recipientFor(channel, index), content: `${index}. kesinti 🔌` };
}

async function lanesOf(deliveryUrl: string): Promise<Outage['lanesDuring']> {
  const [sms, email, push] = [
    await laneStates(deliveryUrl, 'sms'),
    await laneStates(deliveryUrl, 'email'),
    await laneStates(deliveryUrl, 'push'),
  ];
  return { sms, email, push };
}

async function acceptedBy({ simulator }: Provider): Promise<number> {
  return (await callsSince(simulator.url, 0)).filter(({ answer }) => answer === 'accepted').length;
}
