import { setTimeout as sleep } from 'node:timers/promises';

export type EventuallyOptions = {
  /** 60 s unless told: a machine may stand still for a while. */
  timeoutMs?: number;
  intervalMs?: number;
};

/**
 * Repeats `check` until it neither throws nor returns false, and resolves with what it returned. At the deadline it
 * rejects with the newest failure itself, so that the difference between expected and actual is shown.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 60_000, intervalMs = 25 }: EventuallyOptions = {},
): Promise<Exclude<T, false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const attempt = await tryOnce(check);
    if (attempt.ok) return attempt.value;
    if (performance.now() > deadline) throw explain(attempt.error, timeoutMs);
    await sleep(intervalMs);
  }
}

type Attempt<T> = { ok: true; value: Exclude<T, false> } | { ok: false; error: unknown };

async function tryOnce<T>(check: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    const value = await check();
    return isPassed(value) ? { ok: true, value } : { ok: false, error: new Error(`false: ${String(check)}`) };
  } catch (error) {
    return { ok: false, error };
  }
}

function isPassed<T>(value: T): value is Exclude<T, false> {
  return value !== false;
}

function explain(error: unknown, timeoutMs: number): unknown {
  if (error instanceof Error) error.message = `still so after ${timeoutMs} ms: ${error.message}`;
  return error;
}
