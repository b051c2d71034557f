import { freePort } from '../../../infra/local-stack/ports.ts';
import {
  portSettingOf,
  type ServiceName,
  type ServiceProcess,
  services,
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

/**
 * Starts services on free ports against the stack of this test run and waits until they are ready. All of them call
 * the simulator unless `env` says otherwise, whether or not it is among them.
 */
export async function startServices(
  names: readonly ServiceName[],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningServices> {
  const ports = await choosePorts();
  const settings = {
    ...(await stack()),
    ...ports,
    PROVIDER_URL: `http://127.0.0.1:${ports['SIMULATOR_PORT']}/`,
    ...env,
  };
  const processes = names.map((name) => startService(name, settings));
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
    addReplica: replicator(processes, settings),
    stop,
  };
}

async function choosePorts(): Promise<Record<string, string>> {
  const entries = services.map(async ({ portSetting }) => [portSetting, String(await freePort())]);
  return Object.fromEntries(await Promise.all(entries));
}

function replicator(processes: ServiceProcess[], settings: NodeJS.ProcessEnv): RunningServices['addReplica'] {
  return async (name, env = {}) => {
    const port = { [portSettingOf(name)]: String(await freePort()) };
    const replica = startService(name, { ...settings, ...port, ...env });
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
