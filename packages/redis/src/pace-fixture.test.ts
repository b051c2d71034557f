import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis, type RedisHandle } from './connect.ts';
import { createPace, type Pace } from './pace.ts';

const silent = { info: () => {}, warn: () => {} };

/** One limit as one replica keeps to it, with work for all of it. */
export type Saturated = { name: string; perSecond: number; replica: string };

/** The wall clock, finer than in milliseconds. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Takes every token it can get until `untilMs`; resolves with when it took each. */
export async function takeAll(pace: Pace, untilMs: number): Promise<number[]> {
  const times: number[] = [];
  const closing = sleep(untilMs - epochMs()).then(() => pace.close());
  while (epochMs() < untilMs) {
    while (pace.tryTake()) times.push(epochMs());
    await pace.refill(1_000_000);
  }
  await closing;
  return times;
}

/** A process of its own runs this for each of its limits. */
export async function saturate(url: string, limits: Saturated[], untilMs: number): Promise<number[][]> {
  const redis = connectRedis({ url, name: 'pace-test', log: silent });
  await untilThere(redis);
  const paces = limits.map((limit) => createPace({ ...limit, redis, now: epochMs, log: silent }));
  const times = await Promise.all(paces.map((pace) => takeAll(pace, untilMs)));
  redis.close();
  return times;
}

export async function untilThere(redis: RedisHandle): Promise<void> {
  const isThere = (): Promise<boolean> =>
    redis.check().then(
      () => true,
      () => false,
    );
  while (!(await isThere())) await sleep(5);
}

/** What a provider would see: its busiest second, and how many of all its seconds are busier than 110 % of the limit. */
export function slidingSeconds(times: number[], perSecond: number, { fromMs, toMs }: Span) {
  const ordered = times.toSorted((a, b) => a - b);
  // A limit of 7 cannot be kept to 7.7 messages: a second has a whole number of them.
  const [most, mostEver] = [Math.ceil(perSecond * 1.1), Math.ceil(perSecond * 1.2)];
  let [first, next, seconds, above, busiest] = [0, 0, 0, 0, 0];
  for (let startMs = fromMs; startMs + 1_000 <= toMs; startMs += 1) {
    while ((ordered[first] ?? Infinity) < startMs) first += 1;
    while ((ordered[next] ?? Infinity) < startMs + 1_000) next += 1;
    seconds += 1;
    above += next - first > most ? 1 : 0;
    busiest = Math.max(busiest, next - first);
  }
  const inSpan = ordered.filter((ms) => ms >= fromMs && ms < toMs).length;
  return {
    used: inSpan / (((toMs - fromMs) / 1_000) * perSecond),
    above: above / seconds,
    busiest,
    mostEver,
  };
}

export type Span = { fromMs: number; toMs: number };
