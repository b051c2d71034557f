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
  const life: Life = { ...deps, label, current: first, up: Promise.resolve(), isEndExpected: false };
  void watch(life, first);
  return {
    name,
    label,
    url,
    kill: async () => {
      await end(life, (process) => process.kill('SIGKILL'));
      life.up = startAgain(life);
    },
    signal: (signal) => life.current.kill(signal),
    up: () => life.up,
    stop: () => end(life, (process) => process.stop()),
    start: () => (life.up = start(life)),
  };
}

type Life = ReplicaDeps & {
  label: string;
  current: ServiceProcess;
  /** Settles when the present process is ready. */
  up: Promise<void>;
  isEndExpected: boolean;
};

async function watch(life: Life, process: ServiceProcess): Promise<void> {
  await process.exited;
  if (life.isEndExpected || process !== life.current) return;
  life.onCrash(life.label, process.lastLines());
  life.up = startAgain(life);
}

/** As a supervisor would: after a moment, and again for as long as it does not come up. */
function startAgain(life: Life): Promise<void> {
  return restartUntilUp(life.label, () => start(life), life, life.signal);
}

async function start(life: Life): Promise<void> {
  life.current = await life.start();
  life.isEndExpected = false;
  void watch(life, life.current);
}

async function end(life: Life, how: (process: ServiceProcess) => unknown): Promise<number | null> {
  life.isEndExpected = true;
  how(life.current);
  return (await life.current.exited).code;
}
