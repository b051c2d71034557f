const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
];

/** A length of time as people say it, in its two largest units: `45s`, `3m 20s`, `3d`. Clocks differ: below zero is `0s`. */
export function span(ms: number): string {
  let left = Math.max(0, Math.round(ms / 1_000));
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return { unit, count };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  if (first === -1) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ unit, count }) => `${count}${unit}`)
    .join(' ');
}

/** How long something took, as exactly as people want to know it: `41 ms`, `31.4 s`, `3m 20s`. */
export function elapsed(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 59_950 ? `${(ms / 1_000).toFixed(1)} s` : span(ms);
}
