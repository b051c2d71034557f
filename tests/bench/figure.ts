/** The measurements, as `--only` names them, in the order in which they are shown. */
export const FIGURES = [
  'accept',
  'batch',
  'open',
  'drain',
  'e2e',
  'due',
  'lateness',
  'recovery',
  'pace',
  'pace-cost',
  'urgent',
  'outage',
  'live',
  'sockets',
  'project',
  'memory',
  'idle',
] as const;
export type FigureKey = (typeof FIGURES)[number];

export type Unit = '/s' | 'ms' | 's' | 'MB' | '%' | 'changes';

/** What a value must reach: a bound on itself, or a share of its limit. */
export type Bar = { least: number } | { most: number } | { shareOfLimit: number };

/** What this very machine does in the same run without us in the way. */
export type Limit = { what: string; value: number };

/** One line of the table. */
export type Row = { figure: string; value: number; unit: Unit; bar: Bar; limit: Limit | null };

/** What a measurement found: its lines, what a reader must know about them, and everything else for the JSON. */
export type Measured = { rows: Row[]; notes: string[]; detail: Record<string, unknown> };

export type Verdict = 'pass' | 'miss';

/** A value that is not a number misses: nothing may pass by not having been measured. */
export function verdictOf({ value, bar, limit }: Row): Verdict {
  if ('least' in bar) return value >= bar.least ? 'pass' : 'miss';
  if ('most' in bar) return value <= bar.most ? 'pass' : 'miss';
  return limit !== null && value >= limit.value * bar.shareOfLimit ? 'pass' : 'miss';
}

/** The value as a share of its limit. */
export function ratioOf({ value, limit }: Row): number | null {
  return limit === null || limit.value <= 0 ? null : value / limit.value;
}
