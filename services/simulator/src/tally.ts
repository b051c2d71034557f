import type { Answer } from './behaviour.ts';

type Stats = {
  requests: number;
  answers: Record<Answer, number>;
  /** Distinct idempotency keys that were accepted. */
  acceptedKeys: number;
  /** Accepted again under a key that had been accepted before: what a person would get twice. */
  duplicates: number;
  firstAt: string | null;
  lastAt: string | null;
};

export type Tally = {
  /** Counts one more request of this key and returns which one it is, from 1. */
  attempt(key: string): number;
  count(key: string, answer: Answer, atMs: number): void;
  stats(): Stats;
  clear(): void;
};

type KeyHistory = { attempts: number; isAccepted: boolean };

/** Counts requests, by answer and by idempotency key; of the keys, the newest so many are remembered. */
export function createTally(keysMax: number): Tally {
  const keys = new Map<string, KeyHistory>();
  let totals = nothingYet();
  const historyOf = (key: string): KeyHistory => {
    const known = keys.get(key);
    if (known !== undefined) return known;
    const history = { attempts: 0, isAccepted: false };
    keys.set(key, history);
    if (keys.size > keysMax) forgetOldest(keys);
    return history;
  };
  return {
    attempt: (key) => (historyOf(key).attempts += 1),
    count: (key, answer, atMs) => {
      tallyAnswer(totals, answer, atMs);
      if (answer === 'accepted') tallyAccepted(totals, historyOf(key));
    },
    stats: () => ({
      requests: totals.requests,
      answers: { ...totals.answers },
      acceptedKeys: totals.acceptedKeys,
      duplicates: totals.duplicates,
      firstAt: timeOf(totals.firstAtMs),
      lastAt: timeOf(totals.lastAtMs),
    }),
    clear: () => {
      keys.clear();
      totals = nothingYet();
    },
  };
}

type Totals = {
  requests: number;
  answers: Record<Answer, number>;
  acceptedKeys: number;
  duplicates: number;
  firstAtMs: number | null;
  lastAtMs: number | null;
};

function nothingYet(): Totals {
  const answers = { accepted: 0, failed: 0, rejected: 0, throttled: 0, hung: 0, dropped: 0 };
  return { requests: 0, answers, acceptedKeys: 0, duplicates: 0, firstAtMs: null, lastAtMs: null };
}

function tallyAnswer(totals: Totals, answer: Answer, atMs: number): void {
  totals.requests += 1;
  totals.answers[answer] += 1;
  totals.firstAtMs ??= atMs;
  totals.lastAtMs = atMs;
}

function tallyAccepted(totals: Totals, history: KeyHistory): void {
  if (history.isAccepted) totals.duplicates += 1;
  else totals.acceptedKeys += 1;
  history.isAccepted = true;
}

function forgetOldest(keys: Map<string, KeyHistory>): void {
  for (const key of keys.keys()) {
    keys.delete(key);
    return;
  }
}

function timeOf(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
