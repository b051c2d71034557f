import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalStack, PartExit } from '@fanfare/infra/local-stack';
import { prepare } from '@fanfare/infra/prepare';
import type { Progress } from '@fanfare/infra/screen';
import { openServiceLog } from '@fanfare/infra/service-log';
import {
  portSettingOf,
  type ServiceName,
  type ServiceProcess,
  services,
  type ServiceWatch,
} from '@fanfare/infra/services';
import { startTemporaryStack } from '@fanfare/infra/temporary-stack';
import { type RunningServices, startServices } from '@fanfare/testkit';
import { type Replica, supervise } from './replica.ts';

/** What is to be shaken: a stack of its own, and every service, most of them twice. */
export type System = {
  addresses: LocalStack['addresses'];
  parts: LocalStack['processes'];
  replicas: (name: ServiceName) => Replica[];
  /** Where the replicas of REST are. */
  apiUrls: string[];
  simulatorUrl: string;
  /** Ends every process and removes the data. */
  close: () => Promise<void>;
};

export type SystemOptions = {
  progress: Progress;
  /** Something ended that nobody had told to. */
  onIncident: (says: string) => void;
  /** Parts of the stack that a fault has stopped: their end is no incident. */
  isExpected: (part: PartExit['name']) => boolean;
  signal: AbortSignal;
  logDir: string;
  /** Of the services, instead of what is set here. */
  settings?: Record<string, string>;
};

/** The gateway holds nothing that others could; the simulator is the witness. */
const TWICE: readonly ServiceName[] = ['ingest', 'delivery', 'retry', 'projector', 'scheduler'];

const SETTINGS = {
  // Four levels as in earnest, in seconds instead of minutes.
  RETRY_DELAYS: '1s,2s,4s,8s',
  // A lease must outlive the call by 2 s; half a second more is for a machine that is busy with all this.
  PROVIDER_TIMEOUT_MS: '2000',
  LEASE_MS: '4500',
  INBOUND_RATE_PER_MINUTE: '0',
  // Paced, so that Redis is missed when it goes, and far above what is sent.
  OUTBOUND_RATE_PER_CHANNEL: '1000',
  // A provider that is back is found out soon.
  CIRCUIT_OPEN_MS: '1s',
  // Long enough that a kill finds calls under way.
  SIMULATOR_LATENCY_MS: '40',
  SIMULATOR_JITTER_MS: '160',
  SIMULATOR_LOG_MAX: '2000000',
  SIMULATOR_LOG_CONTENT: 'false',
};

export async function openSystem(options: SystemOptions): Promise<System> {
  const { progress, onIncident, isExpected, signal } = options;
  const stack = await startTemporaryStack({
    onProgress: progress,
    signal,
    onExit: ({ name, lastLines }) =>
      isExpected(name) ? undefined : onIncident([`${name} ended by itself`, ...lastLines].join('\n')),
  });
  try {
    const env = { ...process.env, ...SETTINGS, ...stack.addresses };
    await prepare(env, progress);
    signal.throwIfAborted();
    return await populate(stack, options);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function populate(stack: LocalStack, options: SystemOptions): Promise<System> {
  options.progress('services all of them, and a second one of most');
  const logs = openLogs(options);
  const running = await startServices(
    services.map(({ name }) => name),
    { ...SETTINGS, ...options.settings },
    { addresses: stack.addresses, watch: logs.watch },
  );
  const close = async (): Promise<void> => {
    // What a supervisor had just started is among them.
    await Promise.all(running.processes.map((process) => process.stop()));
    logs.close();
  };
  try {
    await Promise.all(TWICE.map((name) => running.addReplica(name)));
    return systemOf(stack, running, options, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function systemOf(
  stack: LocalStack,
  running: RunningServices,
  options: SystemOptions,
  closeServices: () => Promise<void>,
): System {
  const replicas = running.processes.map((process) => keep(process, running, options));
  const of = (name: ServiceName): Replica[] => replicas.filter((replica) => replica.name === name);
  return {
    addresses: stack.addresses,
    parts: stack.processes,
    replicas: of,
    apiUrls: of('ingest').map(({ url }) => url),
    simulatorUrl: running.urls.simulator,
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await closeServices();
      await stack.stop();
    },
  };
}

function keep(first: ServiceProcess, running: RunningServices, options: SystemOptions): Replica {
  const { onIncident, progress, signal } = options;
  const port = { [portSettingOf(first.name)]: String(first.port) };
  return supervise(first, {
    start: () => running.addReplica(first.name, port),
    onCrash: (label, lines) => onIncident([`${label} ended by itself`, ...lines.slice(-5)].join('\n')),
    print: (line) => progress(line.trim()),
    signal,
  });
}

/** What the scheduler says when its safety net caught something: the protocol above it has a hole. */
const RESCUED = 'published again what Kafka did not bring';

/** One file for each replica, over all of its processes. */
function openLogs({ logDir, onIncident }: SystemOptions) {
  rmSync(logDir, { recursive: true, force: true });
  mkdirSync(logDir, { recursive: true });
  const logs = new Map<string, ReturnType<typeof openServiceLog>>();

  function watch(name: ServiceName, port: number): ServiceWatch {
    const file = join(logDir, `${name}-${port}.log`);
    const log = logs.get(file) ?? openServiceLog(file);
    logs.set(file, log);
    const onLine = (line: string): void => {
      log.write(line);
      if (line.includes(RESCUED)) onIncident(line);
    };
    return { onLine };
  }

  return { watch, close: () => logs.forEach((log) => log.close()) };
}
