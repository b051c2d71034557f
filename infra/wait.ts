import { setTimeout as sleep } from 'node:timers/promises';

/** Asks `check` again and again until it says yes; no at the deadline. */
export async function waitUntil(
  check: () => boolean | Promise<boolean>,
  timeoutMs: number,
  intervalMs = 50,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadline) return false;
    await sleep(intervalMs);
  }
  return true;
}
