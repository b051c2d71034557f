/**
 * How long to wait before trying again: doubling from `baseMs` up to `capMs`, then shortened by up to half, so that
 * many who failed together do not come back together ("equal jitter").
 *
 * @param attempt 1 for the wait after the first failure.
 * @param random in [0, 1), as `Math.random()` gives it.
 */
export function backoffMs({ attempt, baseMs, capMs, random }: Backoff): number {
  const fullMs = Math.min(capMs, baseMs * 2 ** (attempt - 1));
  return Math.round(fullMs * (1 - random / 2));
}

type Backoff = { attempt: number; baseMs: number; capMs: number; random: number };
