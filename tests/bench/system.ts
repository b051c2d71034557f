import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { type LocalStack, startLocalStack } from '@fanfare/infra/local-stack';
import { prepare } from '@fanfare/infra/prepare';
import { type ServiceName, type ServiceProcess, services, startService } from '@fanfare/infra/services';
import type { Pids } from './measure/processes.ts';

/** Everything that is measured: a stack with data of its own, and the services that a figure needs. */
export type System = {
  /** Starts and stops services until exactly these run. */
  run: (names: readonly ServiceName[]) => Promise<void>;
  start: (name: ServiceName) => Promise<void>;
  stop: (name: ServiceName) => Promise<void>;
  ports: Readonly<Record<ServiceName, number>>;
  /** The settings that services run with, on top of this process' own. */
  env: Readonly<Record<string, string>>;
  servicePids: () => Pids;
  stackPids: () => Pids;
  /** Ends every process of it and removes its data. */
  close: () => Promise<void>;
};

type SystemOptions = {
  dir: string;
  onProgress: (line: string) => void;
  /** A server or a service ended that nobody told to: no figure means anything any more. */
  onBroken: (error: Error) => void;
  signal: AbortSignal;
};

/** The provider of every figure answers after this, as one on the other side of the internet would. */
export const PROVIDER_LATENCY_MS = 20;

export async function openSystem(options: SystemOptions): Promise<System> {
  const { dir, onProgress, onBroken, signal } = options;
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  let stack: LocalStack | null = null;
  try {
    stack = await startLocalStack({
      dir,
      ports: 'free',
      tuned: 'load',
      onProgress,
      signal,
      onExit: ({ name, lastLines }) => onBroken(new Error([`${name} ended`, ...lastLines].join('\n'))),
    });
    await prepare({ ...process.env, ...stack.addresses }, onProgress);
    signal.throwIfAborted();
    return await buildSystem(stack, options, remove);
  } catch (error) {
    await stack?.stop();
    remove();
    throw error;
  }
}

async function buildSystem(stack: LocalStack, options: SystemOptions, remove: () => void): Promise<System> {
  const ports = await freePorts();
  const env = settings(stack, ports);
  const running = new Map<ServiceName, ServiceProcess>();

  async function start(name: ServiceName): Promise<void> {
    if (running.has(name)) return;
    options.onProgress(`starting ${name}`);
    const service = startService(name, env, {
      onExit: () => {
        if (running.delete(name))
          options.onBroken(new Error([`${name} ended`, ...service.lastLines()].join('\n')));
      },
    });
    running.set(name, service);
    await unlessAborted(service.ready(), options.signal);
  }

  async function stop(name: ServiceName): Promise<void> {
    const service = running.get(name);
    running.delete(name);
    await service?.stop();
  }

  return {
    start,
    stop,
    run: async (names) => {
      await Promise.all(Array.from(running.keys()).filter(isNot(names)).map(stop));
      await Promise.all(names.map(start));
    },
    ports,
    env,
    servicePids: () => Object.fromEntries(Array.from(running, ([name, { pid }]) => [name, pid])),
    stackPids: () => Object.fromEntries(Object.values(stack.processes).map(({ name, pid }) => [name, pid])),
    close: async () => {
      await Promise.all(Array.from(running.keys(), stop));
      await stack.stop();
      remove();
    },
  };
}

function isNot(names: readonly ServiceName[]): (name: ServiceName) => boolean {
  return (name) => !names.includes(name);
}

type Ports = Record<ServiceName, number>;

function settings(stack: LocalStack, ports: Ports): Record<string, string> {
  const portSettings = services.map(({ name, portSetting }) => [portSetting, String(ports[name])]);
  return {
    ...stack.addresses,
    ...Object.fromEntries(portSettings),
    PROVIDER_URL: `http://127.0.0.1:${ports.simulator}/`,
    SIMULATOR_LATENCY_MS: String(PROVIDER_LATENCY_MS),
    SIMULATOR_LOG_CONTENT: 'false',
    LOG_LEVEL: 'warn',
    // What is measured is how fast it can be, not how slow it was told to be.
    INBOUND_RATE_PER_MINUTE: '0',
    OUTBOUND_RATE_PER_CHANNEL: '0',
  };
}

async function freePorts(): Promise<Ports> {
  // All are held at once, so that no two are the same.
  const servers = services.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return Object.fromEntries(services.map(({ name }, index) => [name, ports[index]])) as Ports;
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort);
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
