import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './logger.ts';
import { unlessStopped, untilDone } from './until-done.ts';

/** A chore that runs again and again, one run at a time. */
export type Every = { stop: () => Promise<void> };

type EveryOptions = { what: string; everyMs: number; log: Logger };

/**
 * Runs a chore until it finds nothing more to do, then again after a pause.
 * @param chore resolves with whether there may be more to do, so that a backlog is worked off without pauses
 */
export function every({ what, everyMs, log }: EveryOptions, chore: () => Promise<boolean | void>): Every {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = run();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const didSomething = await untilDone(chore, { what, log, signal }).catch(unlessStopped);
      if (didSomething !== true) await sleep(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
