/** Further apart than this, one word is not a slip for the other. */
const DISTANCE_MAX = 3;

/** The word that was probably meant, or null. */
export function closest(typed: string, words: readonly string[]): string | null {
  const [best] = words
    .map((word) => ({ word, distance: word.startsWith(typed) ? 0 : distance(typed, word) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.min(DISTANCE_MAX, typed.length / 2) ? best.word : null;
}

/** Levenshtein's: letters to insert, delete or replace. */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 0; i < one.length; i += 1) {
    const next = [i + 1];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
