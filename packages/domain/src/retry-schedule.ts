/** Delays between attempts in milliseconds, one for each retry level; later attempts take the last. */
export type RetryDelays = readonly number[];

/** 30 s, 1 m, 2 m, 4 m: with five attempts, 7.5 minutes of a provider's outage are survived before the dead letters. */
export const DEFAULT_RETRY_DELAYS_MS: RetryDelays = [30_000, 60_000, 120_000, 240_000];

/** A provider may ask for a longer pause than the schedule's, up to this. */
export const RETRY_AFTER_MAX_MS = 60 * 60 * 1000;

/** Spreads the retries of one outage over a fifth of their delay, so that they do not return as one wave. */
const JITTER_SHARE = 0.2;

export type Retry = {
  /** Counted from 1: the retry topic that holds the record. */
  level: number;
  /** Milliseconds to wait; the jitter is in it. */
  delayMs: number;
};

/**
 * The wait after attempt `attempt` (counted from 1) failed.
 * @param random in [0, 1), drawn by the caller
 */
export function scheduleRetry(
  attempt: number,
  retryAfterMs: number | null,
  delaysMs: RetryDelays,
  random: number,
): Retry {
  const level = Math.min(Math.max(attempt, 1), delaysMs.length);
  const delayMs = withJitter(delaysMs[level - 1] ?? 0, random);
  const asked = Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
  return asked > delayMs ? waitAsAsked(asked, delaysMs, random) : { level, delayMs };
}

/** The wait a throttling provider asked for; without a wish of its, the first level's delay. */
export function schedulePause(retryAfterMs: number | null, delaysMs: RetryDelays, random: number): Retry {
  const asked = Math.min(retryAfterMs ?? delaysMs[0] ?? 0, RETRY_AFTER_MAX_MS);
  return waitAsAsked(asked, delaysMs, random);
}

function waitAsAsked(asked: number, delaysMs: RetryDelays, random: number): Retry {
  const fitting = delaysMs.findIndex((delay) => delay >= asked);
  return {
    level: fitting === -1 ? delaysMs.length : fitting + 1,
    delayMs: Math.min(withJitter(asked, random), RETRY_AFTER_MAX_MS),
  };
}

function withJitter(delayMs: number, random: number): number {
  return Math.ceil(delayMs * (1 + JITTER_SHARE * random));
}
