import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from './backoff.ts';
import type { Logger } from './logger.ts';

const RETRY_BASE_MS = 100;
const RETRY_CAP_MS = 2_000;

/** What is still undone when a process has to stop; whoever takes over does it again. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Ends what was stopped in silence: it throws any other failure on. */
export function unlessStopped(error: unknown): void {
  if (!(error instanceof Stopped)) throw error;
}

type UntilDone = {
  /** For the log: what was tried. */
  what: string;
  log: Logger;
  /** Ends the trying. */
  signal: AbortSignal;
  /** Failures that trying again cannot mend are thrown on. */
  isFinal?: (error: unknown) => boolean;
};

/**
 * Tries a step until it succeeds: the database or Kafka may be away for a while. Waits 0.1 s to 2 s between tries and
 * warns at the first failure and every minute or so after it.
 * @throws Stopped when the signal aborts first
 */
export async function untilDone<T>(step: () => Promise<T>, options: UntilDone): Promise<T> {
  const { what, log, signal, isFinal } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await step();
    } catch (error) {
      if (isFinal?.(error) === true) throw error;
      if (attempt % 30 === 1) log.warn(`${what} failed, trying again`, { attempt, error });
    }
    const waitMs = backoffMs({ attempt, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, random: Math.random() });
    await sleep(waitMs, undefined, { signal }).catch(() => {
      throw new Stopped(what);
    });
  }
}
