import { freePort } from '../../../infra/local-stack/ports.ts';
import type { Addresses } from '../../../infra/local-stack/stack.ts';
import {
  portOf,
  portSettingOf,
  type ServiceName,
  type ServiceProcess,
  services,
  type ServiceWatch,
  startService,
  urlOf,
} from '../../../infra/services.ts';
import { stack } from './stack.ts';

export type RunningServices = {
  /** Where each service's HTTP is. */
  urls: Record<ServiceName, string>;
  /** As started; a test may kill one or add replicas of its own. */
  processes: ServiceProcess[];
  /** The settings they were started with. */
  env: NodeJS.ProcessEnv;
  /** Another process of one of them, on a port of its own. */
  addReplica(name: ServiceName, env?: NodeJS.ProcessEnv): Promise<ServiceProcess>;
  /** Stops them all. Rejects when one had crashed meanwhile, with the end of its log. */
  stop(): Promise<void>;
};

export type StartOptions = {
  /** Another stack than that of the test run. */
  addresses?: Addresses;
  /** What is to be heard of each process as it starts. */
  watch?: (name: ServiceName, port: number) => ServiceWatch;
};

/**
 * Starts services on free ports against the stack of this test run and waits until they are ready. All of them call
 * the simulator unless `env` says otherwise, whether or not it is among them.
 */
export async function startServices(
  names: readonly ServiceName[],
  env: NodeJS.ProcessEnv = {},
  { addresses, watch = () => ({}) }: StartOptions = {},
): Promise<RunningServices> {
  const ports = await choosePorts();
  const settings = {
    ...(addresses ?? (await stack())),
    ...ports,
    PROVIDER_URL: `http://127.0.0.1:${ports['SIMULATOR_PORT']}/`,
    // Tests call as often as they need to; those of the limit set one.
    INBOUND_RATE_PER_MINUTE: '0',
    ...env,
  };
  const start = (name: ServiceName, more: NodeJS.ProcessEnv): ServiceProcess => {
    const own = { ...settings, ...more };
    return startService(name, own, watch(name, portOf(name, own)));
  };
  const processes = names.map((name) => start(name, {}));
  const stop = (): Promise<void> => stopAll(processes);
  try {
    await Promise.all(processes.map((process) => process.ready()));
  } catch (error) {
    await Promise.all(processes.map((process) => process.stop()));
    throw error;
  }
  return {
    urls: urlsOf(settings),
    processes,
    env: settings,
    addReplica: replicator(processes, start),
    stop,
  };
}

async function choosePorts(): Promise<Record<string, string>> {
  const entries = services.map(async ({ portSetting }) => [portSetting, String(await freePort())]);
  return Object.fromEntries(await Promise.all(entries));
}

function replicator(
  processes: ServiceProcess[],
  start: (name: ServiceName, env: NodeJS.ProcessEnv) => ServiceProcess,
): RunningServices['addReplica'] {
  return async (name, env = {}) => {
    const replica = start(name, { [portSettingOf(name)]: String(await freePort()), ...env });
    processes.push(replica);
    await replica.ready();
    return replica;
  };
}

function urlsOf(settings: NodeJS.ProcessEnv): Record<ServiceName, string> {
  return {
    simulator: urlOf('simulator', settings),
    ingest: urlOf('ingest', settings),
    gateway: urlOf('gateway', settings),
    delivery: urlOf('delivery', settings),
    retry: urlOf('retry', settings),
    projector: urlOf('projector', settings),
    scheduler: urlOf('scheduler', settings),
  };
}

async function stopAll(processes: ServiceProcess[]): Promise<void> {
  await Promise.all(processes.map((process) => process.stop()));
  const exits = await Promise.all(
    processes.map(async (process) => ({ process, exit: await process.exited })),
  );
  // A test ends a process by a signal; a code other than 0 is its own end.
  const crashed = exits.filter(({ exit }) => exit.code !== null && exit.code !== 0);
  if (crashed.length === 0) return;
  const reports = crashed.map(({ process }) =>
    [`${process.name} crashed:`, ...process.lastLines()].join('\n'),
  );
  throw new Error(reports.join('\n'));
}
