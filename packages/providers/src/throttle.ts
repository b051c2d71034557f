import { type Outcome, RETRY_AFTER_MAX_MS } from '@fanfare/domain';

/** The wait that a provider has asked for. */
export type Throttle = {
  /** Epoch milliseconds; null when there is nothing to wait for. */
  untilMs(): number | null;
  /** Waits as an answer asks for. Returns the new end, or null when that changes nothing. */
  heed(outcome: Outcome): number | null;
  /** Waits until then (epoch milliseconds), or for longer if that was asked for. Returns as `heed` does. */
  prolong(epochMs: number): number | null;
  /** Waits no longer. */
  end(): void;
  /** No timer is left. */
  close(): void;
};

/** Ends of waits lie on these steps: of a hundred calls refused together, one moves the end. */
const STEP_MS = 100;

/** @param onChange called when a wait begins, becomes longer or is over */
export function createThrottle(now: () => number, onChange: () => void): Throttle {
  let untilMs: number | null = null;
  let timer: NodeJS.Timeout | undefined;

  function prolong(epochMs: number): number | null {
    const nowMs = now();
    const cappedMs = Math.min(epochMs, nowMs + RETRY_AFTER_MAX_MS);
    if (cappedMs <= Math.max(nowMs, untilMs ?? 0)) return null;
    untilMs = Math.ceil(cappedMs / STEP_MS) * STEP_MS;
    clearTimeout(timer);
    // Waiting is all that depends on it: a clock that is set meanwhile neither shortens nor lengthens it.
    timer = setTimeout(end, untilMs - nowMs).unref();
    onChange();
    return untilMs;
  }

  function end(): void {
    clearTimeout(timer);
    untilMs = null;
    onChange();
  }

  return {
    untilMs: () => untilMs,
    heed: (outcome) => prolong(now() + waitMsOf(outcome)),
    prolong,
    end,
    close: () => {
      clearTimeout(timer);
      // A call that is still under way prolongs nothing any more.
      untilMs = Infinity;
    },
  };
}

/** A provider that says 429 without a wish, or with one that is over, must not be asked in a circle. */
const THROTTLED_MIN_MS = 1_000;

function waitMsOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'throttled':
      return Math.max(outcome.retryAfterMs ?? 0, THROTTLED_MIN_MS);
    case 'unavailable':
      return outcome.retryAfterMs ?? 0;
    case 'accepted':
    case 'rejected':
    case 'unknown':
      return 0;
  }
}
