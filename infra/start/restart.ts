import { setTimeout as sleep } from 'node:timers/promises';
import type { Screen } from '../screen.ts';
import { describeFailure } from '../user-error.ts';

/** Doubling from half a second: a hiccup is over at once, a lasting fault does not burn a core. */
const BACKOFF_MS = { first: 500, max: 30_000 };

/** Tries until it succeeds or everything is to stop; each failure is said. */
export async function restartUntilUp(
  name: string,
  start: () => Promise<void>,
  screen: Pick<Screen, 'print'>,
  signal: AbortSignal,
): Promise<void> {
  for (let delayMs = BACKOFF_MS.first; !signal.aborted; delayMs = Math.min(delayMs * 2, BACKOFF_MS.max)) {
    try {
      await sleep(delayMs, undefined, { signal });
      return await start();
    } catch (error) {
      if (!signal.aborted) screen.print(`  ! ${name} does not start: ${describeFailure(error)}`);
    }
  }
}
