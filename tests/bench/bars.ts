import type { Bar, FigureKey } from './figure.ts';

/** What each figure must reach, in the unit of its row. */
export const BARS = {
  /** Storing and publishing may cost four fifths of what answering does. */
  accept: { shareOfLimit: 0.55 },
  batch: { least: 10_000 },
  open: { most: 30 },
  drain: { least: 1_200 },
  e2e: { p50: { most: 40 }, p99: { most: 200 } },
  due: { most: 5 },
  lateness: { most: 300 },
  /** A session that ends (6 s) and a lease that does (12 s) run side by side; the rest is for taking over. */
  recovery: { most: 15 },
  /** In percent of the limit. */
  pace: { used: { least: 95 }, busy: { most: 110 }, busiest: { most: 120 } },
  'pace-cost': { most: 10 },
  /** Of 21 calls one is a low one's. */
  urgent: { p99: { most: 1_000 }, lowShare: { least: 100 / 21 } },
  outage: { withBackup: { most: 15 }, withoutBackup: { most: 60 } },
  live: { p50: { most: 30 }, p99: { most: 200 } },
  sockets: { memory: { most: 600 }, missed: { most: 0 } },
  project: { least: 5_000 },
  memory: { most: 350 },
  idle: { memory: { most: 900 }, cpu: { most: 12 } },
} as const satisfies Record<FigureKey, Bar | Record<string, Bar>>;
