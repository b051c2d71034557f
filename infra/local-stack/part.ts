import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Child, type Command, type Exit, launch } from '../process/child.ts';
import { UserError } from '../user-error.ts';
import { waitUntil } from '../wait.ts';

export type PartName = 'postgres' | 'redis' | 'kafka' | 'registry';

/** One server of the stack: what to do before its first start, how to start it, when it can be used. */
export type Part = {
  name: PartName;
  port: number;
  logFile: string;
  prepare(): Promise<Command>;
  answers(): Promise<boolean>;
  /** A part of its command line that no other process has: its data folder. */
  mark: string;
};

export type PartExit = { name: PartName; exit: Exit; lastLines: string[] };
export type PartProcess = {
  readonly name: PartName;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Stops it if it runs, starts it on the same port and data, and waits until it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** Kafka recovering its log after a kill takes longest, some 10 s on a busy machine. */
const START_TIMEOUT_MS = 90_000;
const STOP_GRACE_MS = 10_000;

export type PartDeps = {
  onExit: (exit: PartExit) => void;
  signal: AbortSignal;
};

export async function startPart(part: Part, deps: PartDeps): Promise<PartProcess> {
  let child = await run(part, deps);
  let restarting = Promise.resolve();
  const end = async (): Promise<void> => {
    expected.add(child);
    await child.stop(STOP_GRACE_MS);
  };
  const restart = async (): Promise<void> => {
    await end();
    child = await run(part, deps);
  };
  return {
    name: part.name,
    get pid() {
      return child.pid;
    },
    kill: (signal) => child.kill(signal),
    restart() {
      restarting = restart();
      return restarting;
    },
    async stop() {
      // A part that is just coming up would otherwise be missed.
      await restarting.catch(() => {});
      await end();
    },
  };
}

/** The children that were told to stop: their exit is no news. */
const expected = new WeakSet<Child>();

async function run(part: Part, deps: PartDeps): Promise<Child> {
  const command = await part.prepare();
  mkdirSync(dirname(part.logFile), { recursive: true });
  const log = openSync(part.logFile, 'w');
  const child = launch(part, command, log);
  closeSync(log);
  try {
    await waitUntilItAnswers(part, child, deps.signal);
  } catch (error) {
    await child.stop(STOP_GRACE_MS);
    throw error;
  }
  void watch(part, child, deps);
  return child;
}

async function watch(part: Part, child: Child, deps: PartDeps): Promise<void> {
  const exit = await child.exited;
  if (!expected.has(child)) deps.onExit({ name: part.name, exit, lastLines: lastLines(part.logFile) });
}

async function waitUntilItAnswers(part: Part, child: Child, signal: AbortSignal): Promise<void> {
  const isOver = async (): Promise<boolean> => child.hasExited() || signal.aborted || (await part.answers());
  const inTime = await waitUntil(isOver, START_TIMEOUT_MS);
  signal.throwIfAborted();
  if (inTime && !child.hasExited()) return;
  const what = inTime ? 'ended while starting' : `did not answer within ${START_TIMEOUT_MS / 1000} s`;
  const lines = lastLines(part.logFile).map((line) => `  ${line}`);
  throw new UserError([`${part.name} ${what}; the end of ${part.logFile}:`, ...lines].join('\n'));
}

const LAST_LINES = 5;

function lastLines(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LAST_LINES);
}
