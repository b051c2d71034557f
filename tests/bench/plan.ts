/** How long and how much; every load ends by the clock or by its count, whichever is first. */
export type Plan = {
  accept: { rounds: number; firstWarmUpMs: number; warmUpMs: number; measureMs: number };
  batch: { warmUpMs: number; measureMs: number };
  open: { warmUpSeconds: number; seconds: number; limitSeconds: number };
  endToEnd: { warmUpSeconds: number; seconds: number; limitSeconds: number };
  drain: { count: number };
  idle: { seconds: number };
};

/**
 * About three and a half minutes. The first warm-up of accepting is long because Kafka's JVM compiles what is hot in
 * its first tens of thousands of requests, and meanwhile takes the core that ingest would need. After it many short
 * rounds rather than few long ones: a neighbour's noise then hits both sides alike.
 */
export const FULL: Plan = {
  accept: { rounds: 5, firstWarmUpMs: 10_000, warmUpMs: 1_000, measureMs: 3_000 },
  batch: { warmUpMs: 3_000, measureMs: 8_000 },
  open: { warmUpSeconds: 4, seconds: 20, limitSeconds: 5 },
  endToEnd: { warmUpSeconds: 4, seconds: 20, limitSeconds: 5 },
  drain: { count: 10_000 },
  idle: { seconds: 20 },
};

/** About a minute: to see that it works and roughly where a figure stands. */
export const QUICK: Plan = {
  accept: { rounds: 2, firstWarmUpMs: 3_000, warmUpMs: 1_000, measureMs: 2_000 },
  batch: { warmUpMs: 1_000, measureMs: 3_000 },
  open: { warmUpSeconds: 3, seconds: 6, limitSeconds: 2 },
  endToEnd: { warmUpSeconds: 3, seconds: 6, limitSeconds: 2 },
  drain: { count: 3_000 },
  idle: { seconds: 6 },
};
