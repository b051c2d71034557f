import type { RedisHandle } from './connect.ts';

/** What one call of a caller came to. */
export type Admission = {
  isAdmitted: boolean;
  /** Calls that are left to the caller in its window, as far as this process knows. */
  remaining: number;
  /** When a new window begins, in milliseconds from now. */
  resetMs: number;
};

export type InboundLimitOptions = {
  redis: Pick<RedisHandle, 'countInWindow'>;
  /** Calls of one caller in a minute, over all replicas; at least 1. */
  perMinute: number;
  /** Elapsed time in milliseconds. */
  monotonic?: () => number;
};

/** A caller's minute begins with its first call, so that no minute of the clock has a burst at both of its ends. */
export const INBOUND_WINDOW_MS = 60_000;
/**
 * Calls are counted on Redis in lots, which a replica then uses up without asking. A lot of a thousandth of the limit
 * is asked for 16 times a second at most, and no more than that is lost to the other replicas when it is not used. Up
 * to 1000 a minute a lot is one call: the limit is exact then.
 */
const LOT_SHARE = 1 / 1_000;
/** Callers without a key are as many as there are addresses. */
const CALLERS_MAX = 20_000;

type Window = {
  endsMs: number;
  /** Counted already, and not used yet. */
  atHand: number;
  /** Handed out in this process. */
  granted: number;
  /** Not counted by anybody yet. */
  left: number;
  waiting: number;
  filling: Promise<void> | null;
};

/**
 * A limit on the calls of each caller over all replicas, counted on Redis. While Redis is away each replica limits by
 * itself: a caller then has the limit at every one of them.
 *
 * Why not rate-limiter-flexible: it asks Redis once for each call that is let in; this asks once for each lot.
 *
 * @returns counts a call; at once while calls are at hand, or when none are left. Never rejects.
 */
export function createInboundLimit(options: InboundLimitOptions) {
  const { perMinute, redis, monotonic = () => performance.now() } = options;
  const windows = new Map<string, Window>();
  const lot = Math.max(1, Math.floor(perMinute * LOT_SHARE));

  function admit(caller: string): Admission | Promise<Admission> {
    const nowMs = monotonic();
    const window = windowOf(caller, nowMs);
    if (window.atHand === 0 && window.left > 0) return afterFilling(caller, window);
    const isAdmitted = window.atHand > 0;
    if (isAdmitted) window.atHand -= 1;
    return { isAdmitted, remaining: window.atHand + window.left, resetMs: window.endsMs - nowMs };
  }

  async function afterFilling(caller: string, window: Window): Promise<Admission> {
    window.waiting += 1;
    window.filling ??= fill(caller, window).finally(() => (window.filling = null));
    await window.filling;
    window.waiting -= 1;
    return admit(caller);
  }

  async function fill(caller: string, window: Window): Promise<void> {
    const count = Math.max(lot, window.waiting);
    const counted = await redis.countInWindow({
      key: `inbound:${caller}`,
      count,
      windowMs: INBOUND_WINDOW_MS,
    });
    const before = counted?.before ?? window.granted;
    if (counted !== null) window.endsMs = monotonic() + counted.leftMs;
    // Whoever asks for more than is left counts it too, but what others were granted stays theirs.
    const granted = Math.min(count, Math.max(0, perMinute - before));
    window.atHand += granted;
    window.granted += granted;
    window.left = Math.max(0, perMinute - before - count);
  }

  function windowOf(caller: string, nowMs: number): Window {
    const kept = windows.get(caller);
    if (kept !== undefined && nowMs < kept.endsMs) return kept;
    const window = { ...NEW_WINDOW, endsMs: nowMs + INBOUND_WINDOW_MS, left: perMinute };
    windows.delete(caller);
    const [oldest] = windows.size < CALLERS_MAX ? [] : windows.keys();
    if (oldest !== undefined) windows.delete(oldest);
    windows.set(caller, window);
    return window;
  }

  return admit;
}

const NEW_WINDOW = { atHand: 0, granted: 0, waiting: 0, filling: null };
