/**
 * How often something happened in each second, one of them beginning with every millisecond of a span: what is kept to
 * in seconds of the clock may still be broken across two of them.
 *
 * @param times when it happened, in milliseconds
 * @returns a count for each second that lies within the span
 */
export function slidingSeconds(times: readonly number[], fromMs: number, toMs: number): number[] {
  const counts = Array.from({ length: Math.max(0, Math.floor(toMs - fromMs)) }, () => 0);
  for (const index of times.map((ms) => Math.floor(ms - fromMs)))
    if (index >= 0 && index < counts.length) counts[index] = (counts[index] ?? 0) + 1;
  let sum = 0;
  const ending = counts.map((count, index) => (sum += count - (counts[index - SECOND_MS] ?? 0)));
  return ending.slice(SECOND_MS - 1);
}

const SECOND_MS = 1_000;
