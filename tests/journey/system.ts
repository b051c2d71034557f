import type { ServiceName, ServiceProcess } from '@fanfare/infra/services';
import { startServices, stack } from '@fanfare/testkit';
import { after, before } from 'mocha';
import { type Gate, openGate } from './gate.ts';

/** Everything of Fanfare, running, as its users see it. */
export type System = {
  apiUrl: string;
  simulatorUrl: string;
  brokers: string;
  /** As producers reach it; the services go through `registryGate`. */
  registryUrl: string;
  registryGate: Gate;
  /** Of the delivery process that was started last. */
  deliveryUrl: () => string;
  /** Ends delivery without any warning; resolves when it is gone. */
  killDelivery: () => Promise<void>;
  startDelivery: () => Promise<void>;
  /** Softly: what it has begun is finished. */
  stopDelivery: () => Promise<void>;
  /** Where the processes of a service are, of those that run. */
  urlsOf: (name: ServiceName) => string[];
  /** Another process of a service, until the caller or the system stops it. */
  addReplica: (name: ServiceName, env?: NodeJS.ProcessEnv) => Promise<ServiceProcess>;
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
  // Markers make calls fail by the dozen, and the circuit that they would open holds up everything beside them.
  CIRCUIT_MAX_FAILURES: '1000000',
};
/** A cold stack is installed first. */
const START_TIMEOUT_MS = 5 * 60_000;

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
  after('stop all services', async () => {
    users -= 1;
    if (users === 0) await stopCurrent();
  });
  return () => {
    if (system === undefined) throw new Error('the services run from the first test of a describe on');
    return system;
  };
}

// Where a run leaves some files' tests out, the last user never comes to its end.
after(stopCurrent);

async function stopCurrent(): Promise<void> {
  const stopping = current;
  current = undefined;
  // A failed start has been told already.
  await (await stopping?.catch(() => undefined))?.stop();
}

async function startSystem(): Promise<System> {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = await stack();
  const { registryGate, gatedUrl } = await gateTo(SCHEMA_REGISTRY_URL);
  const services = await startServices(
    ['simulator', 'gateway', 'ingest', 'delivery', 'retry', 'projector', 'scheduler'],
    { ...SETTINGS, SCHEMA_REGISTRY_URL: gatedUrl },
  ).catch((error: unknown) => {
    registryGate.shut();
    throw error;
  });
  const running = new Set<ServiceProcess>();
  const keep = (process: ServiceProcess): ServiceProcess => {
    void process.exited.then(() => running.delete(process));
    running.add(process);
    return process;
  };
  services.processes.forEach(keep);
  let delivery = services.processes.find(({ name }) => name === 'delivery');
  return {
    apiUrl: services.urls.ingest,
    simulatorUrl: services.urls.simulator,
    brokers: KAFKA_BROKERS,
    registryUrl: SCHEMA_REGISTRY_URL,
    registryGate,
    urlsOf: (name) => [...running].filter((process) => process.name === name).map(({ url }) => url),
    addReplica: async (...replica) => keep(await services.addReplica(...replica)),
    deliveryUrl: () => delivery?.url ?? '',
    killDelivery: async () => {
      delivery?.kill('SIGKILL');
      await delivery?.exited;
    },
    stopDelivery: async () => delivery?.stop(),
    startDelivery: async () => {
      delivery = keep(await services.addReplica('delivery'));
    },
    stop: () => services.stop().finally(registryGate.shut),
  };
}

async function gateTo(registryUrl: string): Promise<{ registryGate: Gate; gatedUrl: string }> {
  const url = new URL(registryUrl);
  const registryGate = await openGate({ host: url.hostname, port: Number(url.port || 80) });
  url.host = `127.0.0.1:${registryGate.port}`;
  return { registryGate, gatedUrl: url.href };
}
