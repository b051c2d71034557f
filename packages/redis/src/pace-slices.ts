/** Short enough that a second of eleven slices, as a late timer makes it, is 110 % of the limit. */
export const SLICE_MS = 100;
const SLICES_PER_SECOND = 1_000 / SLICE_MS;

export type Moment = { slice: number; elapsedMs: number };

/** The slice of a wall clock's time, and how much of it is over. */
export function momentAt(epochMs: number): Moment {
  const slice = Math.floor(epochMs / SLICE_MS);
  return { slice, elapsedMs: epochMs - slice * SLICE_MS };
}

/**
 * How many tokens a slice has. The tokens of a limit are numbered through, so that any rate comes out exactly: at 25 a
 * second the slices have 2 and 3 by turns, at 3 a second most have none.
 */
export function allowanceOf(slice: number, perSecond: number): number {
  return tokensBefore(slice + 1, perSecond) - tokensBefore(slice, perSecond);
}

/** One replica's place among all. */
export type Place = { rank: number; count: number };

/** How many tokens of a slice are one replica's: every `count`-th token. Each token is exactly one replica's. */
export function shareOf(slice: number, perSecond: number, place: Place): number {
  const before = tokensBefore(slice, perSecond);
  return ownBefore(before + allowanceOf(slice, perSecond), place) - ownBefore(before, place);
}

/** Whole seconds and the rest apart: the product of both would be too large for an exact number. */
function tokensBefore(slice: number, perSecond: number): number {
  const seconds = Math.floor(slice / SLICES_PER_SECOND);
  const rest = slice - seconds * SLICES_PER_SECOND;
  return seconds * perSecond + Math.floor((rest * perSecond) / SLICES_PER_SECOND);
}

function ownBefore(token: number, { rank, count }: Place): number {
  return Math.ceil((token - rank) / count);
}
