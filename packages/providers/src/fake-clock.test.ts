import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

/** The time of the tests: timers and `Date.now()` move together, and only when told to. */
export type FakeClock = { pass: (ms: number) => Promise<void> };

/** An epoch time on which a count of seconds begins. */
export const START_MS = 1_700_000_000_000;

export async function withFakeClock<R>(use: (clock: FakeClock) => Promise<R>): Promise<R> {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: START_MS });
  try {
    return await use({
      pass: async (ms) => {
        mock.timers.tick(ms);
        await turn();
      },
    });
  } finally {
    mock.timers.reset();
  }
}
