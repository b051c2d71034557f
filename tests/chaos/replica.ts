import { restartUntilUp } from '@fanfare/infra/restart';
import type { ServiceName, ServiceProcess } from '@fanfare/infra/services';

/** One replica of a service, whichever process it is at the moment; when that dies, a supervisor starts the next. */
export type Replica = {
  name: ServiceName;
  /** Its name and port: the same for all of its processes. */
  label: string;
  url: string;
  /** Ends it without warning; resolves at its death. */
  kill: () => Promise<void>;
  signal: (signal: NodeJS.Signals) => void;
  /** Resolves when it is ready, again or still. */
  up: () => Promise<void>;
  /** A clean stop, and its exit code; its supervisor lets it be. */
  stop: () => Promise<number | null>;
  start: () => Promise<void>;
};

export type ReplicaDeps = {
  /** Starts the next process of this replica, on the same port, and resolves when it is ready. */
  start: () => Promise<ServiceProcess>;
  /** It ended, and nobody had told it to. */
  onCrash: (label: string, lastLines: string[]) => void;
  print: (line: string) => void;
  signal: AbortSignal;
};

export function supervise(first: ServiceProcess, deps: ReplicaDeps): Replica {
  const { name, port, url } = first;
  const label = `${name}-${port}`;
  let current = first;
  let up: Promise<void> = Promise.resolve();
  let isExpected = false;

  async function watch(process: ServiceProcess): Promise<void> {
    await process.exited;
    if (isExpected || process !== current) return;
    deps.onCrash(label, process.lastLines());
    up = startAgain();
  }

  function startAgain(): Promise<void> {
    return restartUntilUp(label, start, { print: deps.print }, deps.signal);
  }

  async function start(): Promise<void> {
    current = await deps.start();
    isExpected = false;
    void watch(current);
  }

  async function end(how: (process: ServiceProcess) => unknown): Promise<number | null> {
    isExpected = true;
    how(current);
    return (await current.exited).code;
  }

  void watch(first);
  return {
    name,
    label,
    url,
    kill: async () => {
      await end((process) => process.kill('SIGKILL'));
      up = startAgain();
    },
    signal: (signal) => current.kill(signal),
    up: () => up,
    stop: () => end((process) => process.stop()),
    start: () => (up = start()),
  };
}
