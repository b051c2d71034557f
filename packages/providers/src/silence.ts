import type { Outcome } from '@fanfare/domain';

/** Finds out that a provider answers nobody, from the calls that are under way. */
export type Silence = {
  /** A call begins. The function is told how it ended, and returns whether the provider is silent. */
  begin(): (kind: Outcome['kind']) => boolean;
};

export type SilenceOptions = {
  /** How long a call may take. */
  timeoutMs: number;
  /** So many calls have to wait in vain. */
  callsMin: number;
  /** Epoch milliseconds. */
  now: () => number;
};

/**
 * A breaker counts calls that have ended, so of a provider that hangs it learns one time limit after the other, and
 * whatever starts meanwhile hangs as well. But by the end of the first one others wait too: when for half of the limit
 * none was answered, and enough of them have waited for that long, nothing is left to be waited for.
 */
export function createSilence({ timeoutMs, callsMin, now }: SilenceOptions): Silence {
  const underWay = new Set<{ beganMs: number }>();
  let answeredMs = -Infinity;

  function isSilent(): boolean {
    const sinceMs = now() - timeoutMs / 2;
    if (answeredMs > sinceMs) return false;
    const waiting = Array.from(underWay).filter(({ beganMs }) => beganMs <= sinceMs);
    return waiting.length >= callsMin;
  }

  return {
    begin: () => {
      const call = { beganMs: now() };
      underWay.add(call);
      return (kind) => {
        const isEnd = kind === 'unknown' && isSilent();
        underWay.delete(call);
        if (kind !== 'unknown') answeredMs = now();
        return isEnd;
      };
    },
  };
}
