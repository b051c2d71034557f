/** Delays between attempts in milliseconds, one for each retry level; later attempts take the last. */
export type RetryDelays = readonly number[];

/** 30 s, 1 m, 2 m, 4 m: with five attempts, 7.5 minutes of a provider's outage are survived before the dead letters. */
export const DEFAULT_RETRY_DELAYS_MS: RetryDelays = [30_000, 60_000, 120_000, 240_000];

/** A provider may ask for a longer pause than the schedule's, up to this. */
export const RETRY_AFTER_MAX_MS = 60 * 60 * 1000;

/** Spreads the retries of one outage over a fifth of their delay, so that they do not return as one wave. */
const JITTER_SHARE = 0.2;

/** So long waits what may be tried again almost at once. */
const SOON_MS = 1_000;

/**
 * So many failed attempts are followed by another one soon, while a provider is open that they did not ask: the second
 * is made by the same one unless its circuit has opened, and the third by another.
 */
const SOON_ATTEMPTS_MAX = 2;

/** A provider that answers "retry after 0" must not be asked in a circle: its refusals use up no attempt. */
const PAUSE_MIN_MS = 1_000;

/**
 * Milliseconds to wait after attempt `attempt` (counted from 1) failed; the jitter is in them.
 * @param retryAfterMs what the provider asked for; kept when it is longer than the schedule's delay
 * @param random in [0, 1), drawn by the caller
 */
export function scheduleRetry(
  attempt: number,
  retryAfterMs: number | null,
  delaysMs: RetryDelays,
  random: number,
): number {
  const own = delaysMs[Math.min(attempt, delaysMs.length) - 1] ?? 0;
  return withJitter(Math.max(own, retryAfterMs ?? 0), random);
}

/** The wait a throttling provider asked for; without a wish of its, the first delay. */
export function schedulePause(retryAfterMs: number | null, delaysMs: RetryDelays, random: number): number {
  const pauseMs = retryAfterMs === null ? (delaysMs[0] ?? 0) : Math.max(retryAfterMs, PAUSE_MIN_MS);
  return withJitter(pauseMs, random);
}

/**
 * The same while a provider is open that the attempt did not ask: it need not wait for the one that failed. Only the
 * first attempts are that quick, since the other providers may be out as well.
 */
export function scheduleElsewhere(attempt: number, delaysMs: RetryDelays, random: number): number {
  const scheduled = scheduleRetry(attempt, null, delaysMs, random);
  return attempt <= SOON_ATTEMPTS_MAX ? Math.min(scheduled, scheduleSoon(random)) : scheduled;
}

/** The wait of a claimed attempt that was given back without a call. */
export function scheduleSoon(random: number): number {
  return withJitter(SOON_MS, random);
}

/** The retry level (counted from 1) whose topic holds a record for `waitMs`: the longest delay that fits into it. */
export function levelFor(waitMs: number, delaysMs: RetryDelays): number {
  const fitting = delaysMs.findLastIndex((delayMs) => delayMs <= waitMs);
  return Math.max(fitting, 0) + 1;
}

function withJitter(delayMs: number, random: number): number {
  return Math.min(Math.ceil(delayMs * (1 + JITTER_SHARE * random)), RETRY_AFTER_MAX_MS);
}
