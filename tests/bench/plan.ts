/** How long and how much; every load ends by the clock or by its count, whichever is first. */
export type Plan = {
  accept: { rounds: number; firstWarmUpMs: number; warmUpMs: number; measureMs: number };
  batch: { warmUpMs: number; measureMs: number };
  open: { warmUpSeconds: number; seconds: number; limitSeconds: number };
  endToEnd: { warmUpSeconds: number; seconds: number; limitSeconds: number };
  drain: { count: number };
  /** All are scheduled for one moment, that long ahead; by then they have to be accepted. */
  due: { count: number; leadSeconds: number };
  /** In one batch; the first retry comes after RETRY_DELAYS' first delay. */
  lateness: { count: number };
  /** The load goes on for so long after the kill, which comes after the warm-up. */
  recovery: { warmUpSeconds: number; seconds: number };
  pace: { seconds: number };
  paceCost: { rounds: number; count: number };
  /** High ones for so long behind a backlog of low ones; then so long as many as there can be. */
  urgent: { backlog: number; seconds: number; saturatedSeconds: number };
  outage: { warmUpSeconds: number; outSeconds: number };
  live: { warmUpSeconds: number; seconds: number };
  sockets: { count: number };
  project: { count: number };
  memory: { queued: number; deliver: number; limitSeconds: number };
  idle: { seconds: number };
};

/**
 * About twenty minutes. The first warm-up of accepting is long because Kafka's JVM compiles what is hot in
 * its first tens of thousands of requests, and meanwhile takes the core that ingest would need. After it many short
 * rounds rather than few long ones: a neighbour's noise then hits both sides alike.
 */
export const FULL: Plan = {
  accept: { rounds: 5, firstWarmUpMs: 10_000, warmUpMs: 1_000, measureMs: 3_000 },
  batch: { warmUpMs: 3_000, measureMs: 8_000 },
  open: { warmUpSeconds: 4, seconds: 20, limitSeconds: 5 },
  endToEnd: { warmUpSeconds: 4, seconds: 20, limitSeconds: 5 },
  drain: { count: 10_000 },
  due: { count: 10_000, leadSeconds: 8 },
  lateness: { count: 300 },
  recovery: { warmUpSeconds: 5, seconds: 16 },
  pace: { seconds: 30 },
  paceCost: { rounds: 3, count: 10_000 },
  urgent: { backlog: 50_000, seconds: 60, saturatedSeconds: 15 },
  outage: { warmUpSeconds: 10, outSeconds: 120 },
  live: { warmUpSeconds: 8, seconds: 20 },
  sockets: { count: 10_000 },
  project: { count: 33_000 },
  memory: { queued: 500_000, deliver: 20_000, limitSeconds: 60 },
  idle: { seconds: 20 },
};

/**
 * About six minutes: to see that it works and roughly where a figure stands. A retry's first delay (30 s), a killed
 * worker's lease (12 s) and an open circuit (30 s) are no shorter for it.
 */
export const QUICK: Plan = {
  accept: { rounds: 2, firstWarmUpMs: 3_000, warmUpMs: 1_000, measureMs: 2_000 },
  batch: { warmUpMs: 1_000, measureMs: 3_000 },
  open: { warmUpSeconds: 3, seconds: 6, limitSeconds: 2 },
  endToEnd: { warmUpSeconds: 3, seconds: 6, limitSeconds: 2 },
  drain: { count: 3_000 },
  due: { count: 3_000, leadSeconds: 5 },
  lateness: { count: 100 },
  recovery: { warmUpSeconds: 3, seconds: 8 },
  pace: { seconds: 8 },
  paceCost: { rounds: 1, count: 3_000 },
  urgent: { backlog: 5_000, seconds: 15, saturatedSeconds: 6 },
  outage: { warmUpSeconds: 5, outSeconds: 15 },
  live: { warmUpSeconds: 3, seconds: 6 },
  sockets: { count: 10_000 },
  project: { count: 10_000 },
  memory: { queued: 50_000, deliver: 5_000, limitSeconds: 20 },
  idle: { seconds: 6 },
};
