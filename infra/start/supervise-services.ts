import { join } from 'node:path';
import { stateDir } from '../paths.ts';
import { describeExit, type Exit } from '../process/child.ts';
import { formatElapsed, type Screen } from '../screen.ts';
import { type ServiceName, type ServiceProcess, services, startService, urlOf } from '../services.ts';
import { type Complaints, createComplaints } from './complaints.ts';
import { restartUntilUp } from './restart.ts';
import { openServiceLog, type ServiceLog } from './service-log.ts';

export type SupervisedServices = { url(name: ServiceName): string; stop(): Promise<void> };
type Deps = { screen: Screen; env: NodeJS.ProcessEnv; signal: AbortSignal };

/** Who takes work in stops first, the provider last: what is in flight gets through. */
const STOP_ORDER: ServiceName[][] = [
  ['ingest', 'scheduler', 'retry'],
  ['delivery'],
  ['projector', 'gateway'],
  ['simulator'],
];

/** Starts every service and waits until all are ready; one that crashes is reported and started again. */
export async function superviseServices({ screen, env, signal }: Deps): Promise<SupervisedServices> {
  // While starting, what is not there yet is no fault; a start that fails shows the end of its log.
  let complaints: Complaints | undefined;
  const kept = services.map(({ name }) =>
    keep(name, { screen, env, signal, onLine: (who, line) => complaints?.read(who, line) }),
  );
  const stop = async (): Promise<void> => {
    for (const names of STOP_ORDER)
      await Promise.all(
        kept.filter(({ name }) => names.includes(name)).map((service) => service.stop(screen)),
      );
    complaints?.stop();
  };
  try {
    await Promise.all(kept.map((service) => service.firstStart(screen)));
    signal.throwIfAborted();
    complaints = createComplaints(screen);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: (name) => urlOf(name, env), stop };
}

type KeepDeps = Deps & { onLine: (name: ServiceName, line: string) => void };

/** One service, whichever process it is at the moment. */
function keep(name: ServiceName, deps: KeepDeps) {
  const log = openServiceLog(join(stateDir, 'logs', `${name}.log`));
  const state = { isStopping: false, isUp: false };
  let current = start();

  function start(): ServiceProcess {
    return startService(name, deps.env, {
      onLine(line) {
        log.write(line);
        deps.onLine(name, line);
      },
      onExit: (exit) => {
        if (state.isUp && !state.isStopping) void revive(exit);
      },
    });
  }

  async function revive(exit: Exit): Promise<void> {
    state.isUp = false;
    const diedAt = performance.now();
    reportCrash(deps.screen, current, exit, log);
    await restartUntilUp(name, startAgain, deps.screen, deps.signal);
    state.isUp = true;
    if (deps.signal.aborted) return;
    deps.screen.print(
      `    ${name} is back after ${formatElapsed(performance.now() - diedAt)} (pid ${current.pid})`,
    );
  }

  async function startAgain(): Promise<void> {
    await current.stop();
    current = start();
    await current.ready();
  }

  return {
    name,
    async firstStart({ row }: Screen): Promise<void> {
      await current.ready();
      state.isUp = true;
      row(`${name} answers on ${current.url}`);
    },
    async stop({ row }: Screen): Promise<void> {
      state.isStopping = true;
      await current.stop();
      log.close();
      row(`${name} stopped`);
    },
  };
}

function reportCrash(screen: Screen, crashed: ServiceProcess, exit: Exit, log: ServiceLog): void {
  screen.print(
    `  ! ${crashed.name} ended by itself (${describeExit(exit)}); starting it again. Its log: ${log.file}`,
  );
  if (exit.signal === null) for (const line of crashed.lastLines().slice(-5)) screen.print(`      ${line}`);
}
