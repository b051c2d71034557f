import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the promise has settled, either way, or the time has passed: a stop never waits for a broker. */
export async function within(timeoutMs: number, ending: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const timedOut = sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([ending.catch(() => undefined), timedOut]);
  timer.abort();
}
