import { type LocalStack } from '@fanfare/infra/local-stack';
import { freePort } from '@fanfare/infra/ports';
import { prepare } from '@fanfare/infra/prepare';
import type { Progress } from '@fanfare/infra/screen';
import {
  portSettingOf,
  type ServiceName,
  type ServiceProcess,
  services,
  startService,
} from '@fanfare/infra/services';
import { startTemporaryStack } from '@fanfare/infra/temporary-stack';
import type { Pids } from './measure/processes.ts';

/** Everything that is measured: a stack with data of its own, and the services that a figure needs. */
export type System = {
  /** Starts and stops services until exactly these run. */
  run: (names: readonly ServiceName[]) => Promise<void>;
  /** With settings of a figure's own on top of those of all. */
  start: (name: ServiceName, settings?: Settings) => Promise<void>;
  stop: (name: ServiceName) => Promise<void>;
  /** Starts one more process of a service, beside the one that `run` and `start` mean. */
  addReplica: (name: ServiceName, settings?: Settings) => Promise<Replica>;
  ports: Readonly<Record<ServiceName, number>>;
  /** Kafka's, separated by commas. */
  brokers: string;
  /** The settings that services run with, on top of this process' own. */
  env: Readonly<Record<string, string>>;
  servicePids: () => Pids;
  stackPids: () => Pids;
  /** Ends every process of it and removes its data. */
  close: () => Promise<void>;
};

type Settings = Readonly<Record<string, string>>;

export type Replica = {
  port: number;
  /** Softly: what it has begun is finished. */
  stop: () => Promise<void>;
  /** Ends it without warning (kill -9); resolves at its death. */
  kill: () => Promise<void>;
};

export const EVERY_SERVICE: readonly ServiceName[] = services.map(({ name }) => name);

type SystemOptions = {
  onProgress: Progress;
  /** A server or a service ended that nobody told to: no figure means anything any more. */
  onBroken: (error: Error) => void;
  signal: AbortSignal;
  /** Where each service leaves a CPU profile when it ends; null for none. */
  profileDir: string | null;
};

/** The provider of every figure answers after this, as one on the other side of the internet would. */
export const PROVIDER_LATENCY_MS = 20;

export async function openSystem(options: SystemOptions): Promise<System> {
  const { onProgress, onBroken, signal } = options;
  const stack = await startTemporaryStack({
    tuned: 'load',
    onProgress,
    signal,
    onExit: ({ name, lastLines }) => onBroken(new Error([`${name} ended`, ...lastLines].join('\n'))),
  });
  try {
    await prepare({ ...process.env, ...stack.addresses }, onProgress);
    signal.throwIfAborted();
    return operate(stack, await choosePorts(), options);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

function operate(stack: LocalStack, ports: Ports, options: SystemOptions): System {
  const env = settings(stack, ports);
  const running = new Map<ServiceName, ServiceProcess>();
  const replicas = new Set<ServiceProcess>();

  async function start(name: ServiceName, own: Settings = {}): Promise<void> {
    if (running.has(name)) return;
    const service = startService(name, { ...env, ...own, ...profiling(name, options) }, { onExit });
    running.set(name, service);
    await unlessAborted(service.ready(), options.signal);

    function onExit(): void {
      if (running.delete(name)) options.onBroken(endOf(service));
    }
  }

  async function addReplica(name: ServiceName, own: Settings = {}): Promise<Replica> {
    const port = { [portSettingOf(name)]: String(await freePort()) };
    const replica = startService(name, { ...env, ...own, ...port }, { onExit });
    replicas.add(replica);
    await unlessAborted(replica.ready(), options.signal);
    return {
      port: replica.port,
      stop: () => {
        replicas.delete(replica);
        return replica.stop();
      },
      kill: () => kill(replica),
    };

    function onExit(): void {
      if (replicas.has(replica)) options.onBroken(endOf(replica));
    }
  }

  async function kill(replica: ServiceProcess): Promise<void> {
    replicas.delete(replica);
    replica.kill('SIGKILL');
    await replica.exited;
  }

  async function stop(name: ServiceName): Promise<void> {
    const service = running.get(name);
    running.delete(name);
    await service?.stop();
  }

  return {
    start,
    stop,
    addReplica,
    run: async (names) => {
      options.onProgress(`services ${names.length === services.length ? 'all of them' : names.join(', ')}`);
      await Promise.all(Array.from(running.keys()).filter(isNot(names)).map(stop));
      await Promise.all(names.map((name) => start(name)));
    },
    ports,
    brokers: stack.addresses.KAFKA_BROKERS,
    env,
    servicePids: () => Object.fromEntries(Array.from(running, ([name, { pid }]) => [name, pid])),
    stackPids: () => Object.fromEntries(Object.values(stack.processes).map(({ name, pid }) => [name, pid])),
    close: async () => {
      await Promise.all([...Array.from(running.keys(), stop), ...Array.from(replicas, kill)]);
      await stack.stop();
    },
  };
}

function endOf(service: ServiceProcess): Error {
  return new Error([`${service.name} ended`, ...service.lastLines()].join('\n'));
}

function isNot(names: readonly ServiceName[]): (name: ServiceName) => boolean {
  return (name) => !names.includes(name);
}

function profiling(name: ServiceName, { profileDir }: SystemOptions): Record<string, string> {
  if (profileDir === null) return {};
  return {
    NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDir} --cpu-prof-name=${name}-\${pid}.cpuprofile`,
  };
}

type Ports = Record<ServiceName, number>;

async function choosePorts(): Promise<Ports> {
  const entries = services.map(async ({ name }) => [name, await freePort()]);
  return Object.fromEntries(await Promise.all(entries)) as Ports;
}

function settings(stack: LocalStack, ports: Ports): Record<string, string> {
  const portSettings = services.map(({ name, portSetting }) => [portSetting, String(ports[name])]);
  return {
    ...stack.addresses,
    ...Object.fromEntries(portSettings),
    PROVIDER_URL: `http://127.0.0.1:${ports.simulator}/`,
    SIMULATOR_LATENCY_MS: String(PROVIDER_LATENCY_MS),
    SIMULATOR_LOG_CONTENT: 'false',
    LOG_LEVEL: 'warn',
    // Its own default, told here because the limit of delivering is measured with as many calls at once.
    DELIVERY_CONCURRENCY: process.env['DELIVERY_CONCURRENCY'] ?? '100',
    // What is measured is how fast it can be, not how slow it was told to be.
    // Counted all the same, as everybody's calls are.
    INBOUND_RATE_PER_MINUTE: '1000000000',
    OUTBOUND_RATE_PER_CHANNEL: '0',
  };
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort);
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
