import { startServices, stack } from '@fanfare/testkit';
import { after, before } from 'mocha';

/** Everything of Fanfare, running, as its users see it. */
export type System = {
  apiUrl: string;
  simulatorUrl: string;
  brokers: string;
  registryUrl: string;
  /** Of the delivery process that was started last. */
  deliveryUrl: () => string;
  /** Ends delivery without any warning; resolves when it is gone. */
  killDelivery: () => Promise<void>;
  startDelivery: () => Promise<void>;
  stop: () => Promise<void>;
};

/** Short, so that the tests are; each is a retry topic. */
export const RETRY_DELAYS_MS = [1_000, 2_000] as const;
/** Calls under way at once in a channel: as many may be repeated when delivery dies. */
export const DELIVERY_CONCURRENCY = 50;

const SETTINGS = {
  RETRY_DELAYS: RETRY_DELAYS_MS.map((ms) => `${ms}ms`).join(','),
  DELIVERY_CONCURRENCY: String(DELIVERY_CONCURRENCY),
  // A killed worker's notifications wait for its lease.
  PROVIDER_TIMEOUT_MS: '3000',
  LEASE_MS: '5000',
  INBOUND_RATE_PER_MINUTE: '0',
  OUTBOUND_RATE_PER_CHANNEL: '0',
  // The failures that one test asks the provider for are not to keep the next one waiting.
  CIRCUIT_MAX_FAILURES: '1000000',
};
/** A cold stack is installed first. */
const START_TIMEOUT_MS = 5 * 60_000;
const STOP_TIMEOUT_MS = 60_000;

let users = 0;
let current: Promise<System> | undefined;

/** All services, for the tests of a `describe`. Started for the first that asks, stopped after the last. */
export function useSystem(): () => System {
  let system: System | undefined;
  users += 1;
  before('start all services', async function () {
    this.timeout(START_TIMEOUT_MS);
    current ??= startSystem();
    system = await current;
  });
  after('stop all services', async function () {
    this.timeout(STOP_TIMEOUT_MS);
    users -= 1;
    if (users === 0) await stopCurrent();
  });
  return () => {
    if (system === undefined) throw new Error('the services run from the first test of a describe on');
    return system;
  };
}

// Where a run leaves some files' tests out, the last user never comes to its end.
after(async function () {
  this.timeout(STOP_TIMEOUT_MS);
  await stopCurrent();
});

async function stopCurrent(): Promise<void> {
  const stopping = current;
  current = undefined;
  // A failed start has been told already.
  await (await stopping?.catch(() => undefined))?.stop();
}

async function startSystem(): Promise<System> {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = await stack();
  const services = await startServices(
    ['simulator', 'gateway', 'ingest', 'delivery', 'retry', 'projector', 'scheduler'],
    SETTINGS,
  );
  let delivery = services.processes.find(({ name }) => name === 'delivery');
  return {
    apiUrl: services.urls.ingest,
    simulatorUrl: services.urls.simulator,
    brokers: KAFKA_BROKERS,
    registryUrl: SCHEMA_REGISTRY_URL,
    deliveryUrl: () => delivery?.url ?? '',
    killDelivery: async () => {
      delivery?.kill('SIGKILL');
      await delivery?.exited;
    },
    startDelivery: async () => {
      delivery = await services.addReplica('delivery');
    },
    stop: () => services.stop(),
  };
}
