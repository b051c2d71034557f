/** Draws numbers in [0, 1), the same ones for the same seed. */
export type Random = () => number;

/** mulberry32: 32 bits of state, evenly spread; plenty for choosing what a test does. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 up to, not including, `bound`. */
export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

export function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[below(random, values.length)] as T;
}

/** The same values in an order of chance (Fisher and Yates). */
export function shuffled<T>(random: Random, values: readonly T[]): T[] {
  const all = [...values];
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = below(random, last + 1);
    [all[last], all[other]] = [all[other] as T, all[last] as T];
  }
  return all;
}
