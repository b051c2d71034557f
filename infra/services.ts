import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { rootDir } from './paths.ts';
import { type Child, describeExit, type Exit, launch } from './process/child.ts';
import { UserError } from './user-error.ts';
import { waitUntil } from './wait.ts';

/** The processes of Fanfare, in the order of a notification's journey, the provider they call first. */
export const services = [
  { name: 'simulator', portSetting: 'SIMULATOR_PORT', defaultPort: 8090 },
  { name: 'gateway', portSetting: 'GATEWAY_PORT', defaultPort: 8081 },
  { name: 'ingest', portSetting: 'HTTP_PORT', defaultPort: 8080 },
  { name: 'delivery', portSetting: 'DELIVERY_PORT', defaultPort: 8082 },
  { name: 'retry', portSetting: 'RETRY_PORT', defaultPort: 8083 },
  { name: 'projector', portSetting: 'PROJECTOR_PORT', defaultPort: 8084 },
  { name: 'scheduler', portSetting: 'SCHEDULER_PORT', defaultPort: 8085 },
] as const;
export type ServiceName = (typeof services)[number]['name'];

export type ServiceWatch = {
  /** Each line of its log. */
  onLine?: (line: string) => void;
  /** It ended, whether or not it was told to. */
  onExit?: (exit: Exit) => void;
};

export type ServiceProcess = {
  readonly name: ServiceName;
  readonly pid: number;
  readonly port: number;
  /** Where its HTTP is: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly exited: Promise<Exit>;
  /** The newest lines of its log, for when it ends unexpectedly. */
  lastLines(): string[];
  /** Resolves when it says that it and everything it needs is there. Rejects when it ends instead, or is late. */
  ready(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Softly: what is in flight is finished first. */
  stop(): Promise<void>;
};

/** A service gives itself 25 s to finish what is in flight and a moment more to close. */
const STOP_GRACE_MS = 30_000;
const READY_TIMEOUT_MS = 60_000;
const LAST_LINES = 20;
/** Left to itself, the space for new objects grows to 100 MB in each process under load, and stays. */
const NODE_FLAGS = ['--max-semi-space-size=8'];

/**
 * Starts one process of a service; several of one service are replicas.
 *
 * @param env settings on top of this process' own, the service's port under its name in the table among them.
 */
export function startService(
  name: ServiceName,
  env: NodeJS.ProcessEnv,
  watch: ServiceWatch = {},
): ServiceProcess {
  const port = portOf(name, env);
  const child = launch(
    { name, mark: mainFile(name) },
    { command: process.execPath, args: [...NODE_FLAGS, mainFile(name)], env: environmentOf(name, env, port) },
    'pipe',
  );
  const lines: string[] = [];
  followLines(child, (line) => {
    lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
    watch.onLine?.(line);
  });
  if (watch.onExit !== undefined) void child.exited.then(watch.onExit);
  const url = urlOf(name, env);
  return {
    name,
    pid: child.pid,
    port,
    url,
    exited: child.exited,
    lastLines: () => lines.filter((line) => line !== ''),
    ready: () => waitUntilReady(name, child, url, lines),
    kill: (signal) => child.kill(signal),
    stop: () => child.stop(STOP_GRACE_MS),
  };
}

/** The port a service would take with these settings. */
export function portOf(name: ServiceName, env: NodeJS.ProcessEnv): number {
  const { portSetting, defaultPort } = entryOf(name);
  const set = env[portSetting] ?? process.env[portSetting];
  if (set === undefined || set === '') return defaultPort;
  if (/^\d{1,5}$/.test(set)) return Number(set);
  throw new UserError(`${portSetting} must be a port, got "${set}".`);
}

export function urlOf(name: ServiceName, env: NodeJS.ProcessEnv): string {
  return `http://127.0.0.1:${portOf(name, env)}`;
}

/** The setting by which the port of a service is chosen. */
export function portSettingOf(name: ServiceName): string {
  return entryOf(name).portSetting;
}

function mainFile(name: ServiceName): string {
  return join(rootDir, 'services', name, 'src/main.ts');
}

/** HTTP_PORT in the environment is the user's word for ingest; every other service gets its own under that name. */
function environmentOf(name: ServiceName, env: NodeJS.ProcessEnv, port: number): NodeJS.ProcessEnv {
  const own = name === 'gateway' ? 'GATEWAY_PORT' : 'HTTP_PORT';
  return { ...process.env, ...env, [own]: String(port) };
}

function entryOf(name: ServiceName): (typeof services)[number] {
  const entry = services.find((service) => service.name === name);
  if (entry === undefined) throw new Error(`no service ${name}`);
  return entry;
}

function followLines({ process: child }: Child, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) createInterface(stream).on('line', onLine);
}

async function waitUntilReady(name: ServiceName, child: Child, url: string, lines: string[]): Promise<void> {
  const state = { answer: 'no answer' };
  const isOver = async (): Promise<boolean> => {
    state.answer = await askReadiness(url);
    return child.hasExited() || state.answer === 'ready';
  };
  const inTime = await waitUntil(isOver, READY_TIMEOUT_MS, 25);
  if (inTime && !child.hasExited()) return;
  const what = inTime
    ? `ended while starting (${describeExit(await child.exited)})`
    : `is not ready after ${READY_TIMEOUT_MS / 1000} s: ${state.answer}`;
  throw new UserError([`${name} ${what}`, ...lines.slice(-5).map((line) => `  ${line}`)].join('\n'));
}

async function askReadiness(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/healthz/ready`, { signal: AbortSignal.timeout(3_000) });
    const body = await response.text();
    return response.ok ? 'ready' : body;
  } catch {
    return 'no answer';
  }
}
