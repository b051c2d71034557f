import type { Evidence, FaultRecord } from './evidence.ts';
import { isAccepted, type Story } from './story.ts';

/** How soon sending went on after a delivery worker was killed. */
export type Recovery = {
  target: string;
  at: number;
  /** The longest time in which the provider took nothing from anybody. */
  gapMs: number;
  /** When the last of what waited for this worker, or was in its hands, was sent by another. */
  resumedMs: number;
  resumed: number;
};

/** A killed worker is missed after its session (6 s), then its leases run out, then it is sent. */
export const RECOVERY_MS_MAX = 15_000;
/** What lies longer in Kafka by then waits for something else. */
const READY_BEFORE_MS = 2_000;
/** Beyond the bound, so that it can be broken; other faults come later. */
const WATCHED_MS = RECOVERY_MS_MAX + 1_000;

export function recoveries(evidence: Evidence, stories: readonly Story[]): Recovery[] {
  const kills = evidence.faults.filter(({ kind }) => kind === 'delivery');
  return kills.map((kill) => recoveryOf(kill, evidence, stories));
}

function recoveryOf({ target, at }: FaultRecord, { calls }: Evidence, stories: readonly Story[]): Recovery {
  const taken = calls.filter((call) => isAccepted(call) && call.at >= at && call.at <= at + WATCHED_MS);
  const waits = stories.flatMap((story) => waitOf(story, at));
  return {
    target,
    at,
    gapMs: longestGap([at, ...taken.map((call) => call.at), ...endOf(calls, at)]),
    resumedMs: Math.max(0, ...waits),
    resumed: waits.length,
  };
}

/** Where sending had ended by itself before the watch did, its last call is the end of the watch. */
function endOf(calls: Evidence['calls'], at: number): number[] {
  const last = calls.at(-1)?.at ?? at;
  return last > at + WATCHED_MS ? [at + WATCHED_MS] : [];
}

function longestGap(moments: readonly number[]): number {
  const sorted = moments.toSorted((a, b) => a - b);
  return Math.max(0, ...sorted.slice(1).map((moment, index) => moment - (sorted[index] ?? moment)));
}

/** How long one that was ready at the kill, or being sent, waited for its next call. Empty for all others. */
function waitOf({ wanted, calls, events }: Story, at: number): number[] {
  const next = calls.find((call) => call.at > at);
  if (next === undefined) return [];
  const before = calls.findLast((call) => call.at <= at);
  const readyAt = wanted?.readyAt ?? null;
  const wasReady = readyAt !== null && readyAt <= at && readyAt >= at - READY_BEFORE_MS;
  if (before === undefined) return wasReady ? [next.at - at] : [];
  const wasSettled = events.some((event) => event.at >= before.at && event.at < next.at && isEnd(event));
  return wasSettled ? [] : [next.at - at];
}

function isEnd({ status }: Story['events'][number]): boolean {
  return status !== 'processing' && status !== 'queued' && status !== 'pending';
}
