import { join } from 'node:path';
import { describeExit, type Exit } from '../process/child.ts';
import { formatElapsed, type Screen } from '../screen.ts';
import { type ServiceName, type ServiceProcess, startService } from '../services.ts';
import type { Complaints } from './complaints.ts';
import { restartUntilUp } from './restart.ts';
import { openServiceLog } from './service-log.ts';
import type { StartSettings } from './settings.ts';

export type KeptService = { name: ServiceName; ready(): Promise<void>; stop(): Promise<void> };
export type KeepDeps = {
  screen: Screen;
  settings: StartSettings;
  /** What the services are started with. */
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  complaints: Complaints;
};

/** One service, whichever process it is at the moment: once it has been ready, it is started again when it ends. */
export function keepService(name: ServiceName, deps: KeepDeps): KeptService {
  const log = openServiceLog(join(deps.settings.logDir, `${name}.log`));
  const state = { isStopping: false, isUp: false };
  let current = start();

  function start(): ServiceProcess {
    return startService(name, deps.env, {
      onLine(line) {
        log.write(line);
        deps.complaints.read(name, line);
      },
      onExit(exit) {
        if (state.isUp && !state.isStopping) void revive(exit);
      },
    });
  }

  async function revive(exit: Exit): Promise<void> {
    state.isUp = false;
    const diedAt = performance.now();
    reportEnd(deps.screen, current, exit, log.file);
    await restartUntilUp(name, startAgain, deps.screen, deps.signal);
    if (state.isStopping || deps.signal.aborted) return;
    state.isUp = true;
    deps.screen.print(
      `    ${name} is back after ${formatElapsed(performance.now() - diedAt)} (pid ${current.pid})`,
    );
  }

  async function startAgain(): Promise<void> {
    await current.stop();
    if (state.isStopping) return;
    current = start();
    await current.ready();
  }

  return {
    name,
    async ready() {
      await current.ready();
      state.isUp = true;
    },
    async stop() {
      state.isStopping = true;
      await current.stop();
      log.close();
      deps.screen.row(`${name} stopped`);
    },
  };
}

function reportEnd(screen: Screen, ended: ServiceProcess, exit: Exit, logFile: string): void {
  screen.print(`  ! ${ended.name} ended by itself (${describeExit(exit)}); starting it again`);
  // Killed from outside, it had no chance to say why.
  if (exit.signal !== null) return;
  const lines = ended.lastLines().slice(-5);
  for (const line of [...lines, `(all of it: ${logFile})`]) screen.print(`      ${line}`);
}
