import { type ChildProcess, spawn } from 'node:child_process';
import { waitUntil } from '../wait.ts';
import { forget, remember } from './children.ts';

export type Command = {
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  stopSignal?: NodeJS.Signals;
};
export type Exit = { code: number | null; signal: NodeJS.Signals | null };
export type Child = {
  readonly pid: number;
  readonly process: ChildProcess;
  readonly exited: Promise<Exit>;
  hasExited(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to stop, and ends it for good when it has not within the bound. Safe to call twice. */
  stop(graceMs: number): Promise<void>;
};

/** What it is called, and a part of its command line that no other process has. */
export type Identity = { name: string; mark: string };

/**
 * Starts a process in a group of its own: the Ctrl-C of a terminal goes to a whole group, and it is for the supervisor
 * to decide who stops when. Should this process be killed, the next start ends what it left.
 *
 * @param output a log file's descriptor, or pipes
 */
export function launch({ name, mark }: Identity, command: Command, output: number | 'pipe'): Child {
  const { args, env, uid, gid, stopSignal = 'SIGTERM' } = command;
  const child = spawn(command.command, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
    env: env ?? process.env,
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
  });
  const pid = child.pid ?? 0;
  if (pid > 0) remember({ name, pid, mark, stopSignal });
  const state = { hasExited: false };
  const exited = new Promise<Exit>((resolve) => {
    const end = (exit: Exit): void => {
      state.hasExited = true;
      forget(pid);
      resolve(exit);
    };
    child.once('exit', (code, signal) => end({ code, signal }));
    // Only for a command that could not be started at all; the shell's code for it.
    child.once('error', () => end({ code: 127, signal: null }));
  });
  return toChild(child, exited, () => state.hasExited, stopSignal);
}

function toChild(
  child: ChildProcess,
  exited: Promise<Exit>,
  hasExited: () => boolean,
  stopSignal: NodeJS.Signals,
): Child {
  return {
    pid: child.pid ?? 0,
    process: child,
    exited,
    hasExited,
    kill: (signal) => void child.kill(signal),
    async stop(graceMs) {
      if (hasExited()) return;
      child.kill(stopSignal);
      if (!(await waitUntil(hasExited, graceMs, 20))) child.kill('SIGKILL');
      await exited;
    },
  };
}

export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : signal;
}
