import type { Outcome } from '@fanfare/domain';
import type { BreakerSettings } from './breaker.ts';
import type { LaneState } from './lane.ts';

/** A lane by its rules alone: everything is remembered, and everything is worked out anew at every question. */
export function createLaneModel(
  { maxFailures, windowMs, openMs, timeoutMs }: BreakerSettings & { timeoutMs: number },
  startMs: number,
) {
  const bucketMs = windowMs / 10;
  const answers: { bucket: number; failed: boolean }[] = [];
  const calls: { entry: ModelEntry; beganMs: number; ended: { atMs: number; unknown: boolean } | null }[] =
    [];
  let nowMs = startMs;
  let circuit: 'closed' | 'broken' | 'half-open' = 'closed';
  let brokenUntilMs = 0;
  let throttledUntilMs = 0;
  let paused = false;
  let epoch = 0;
  let probe: ModelEntry | null = null;

  type ModelEntry = { epoch: number };

  function move(to: typeof circuit): void {
    circuit = to;
    epoch += 1;
    probe = null;
    if (to === 'broken') brokenUntilMs = nowMs + openMs;
  }

  function state(): LaneState {
    if (circuit === 'broken' && nowMs >= brokenUntilMs) move('half-open');
    if (paused) return 'paused';
    if (circuit === 'broken') return 'broken';
    if (nowMs < throttledUntilMs) return 'throttled';
    if (circuit === 'closed') return 'open';
    return probe === null ? 'half-open' : 'probing';
  }

  function enter(): ModelEntry | null {
    const now = state();
    if (now !== 'open' && now !== 'half-open') return null;
    const entry = { epoch };
    if (now === 'half-open') probe = entry;
    return entry;
  }

  function maySend(entry: ModelEntry): boolean {
    return ['open', 'probing'].includes(state()) && entry.epoch === epoch;
  }

  function send(entry: ModelEntry): void {
    calls.push({ entry, beganMs: nowMs, ended: null });
  }

  function leave(entry: ModelEntry): void {
    if (probe === entry) probe = null;
  }

  function waitUntil(untilMs: number): void {
    if (untilMs > nowMs && untilMs > throttledUntilMs) throttledUntilMs = Math.ceil(untilMs / 100) * 100;
  }

  /** The provider said nothing for half of the limit, for which so many wait that one cannot wait for it any more. */
  function isSilent(): boolean {
    const sinceMs = nowMs - timeoutMs / 2;
    const heard = calls.some(({ ended }) => ended?.unknown === false && ended.atMs > sinceMs);
    const waiting = calls.filter(({ beganMs, ended }) => ended === null && beganMs <= sinceMs);
    return !heard && waiting.length >= maxFailures;
  }

  function answer(entry: ModelEntry, outcome: Outcome): void {
    state();
    const silent = outcome.kind === 'unknown' && isSilent();
    const call = calls.find((each) => each.entry === entry);
    if (call !== undefined) call.ended = { atMs: nowMs, unknown: outcome.kind === 'unknown' };
    if (outcome.kind === 'throttled') waitUntil(nowMs + Math.max(1_000, outcome.retryAfterMs ?? 0));
    if (outcome.kind === 'unavailable') waitUntil(nowMs + (outcome.retryAfterMs ?? 0));
    if (entry.epoch !== epoch) return;
    const failed = outcome.kind === 'unavailable' || outcome.kind === 'unknown';
    const bucket = bucketNow();
    answers.push({ bucket, failed });
    if (circuit === 'half-open') return move(failed ? 'broken' : 'closed');
    const recent = answers.filter((each) => each.bucket > bucket - 10);
    const failures = recent.filter((each) => each.failed).length;
    if (silent || (failed && failures >= maxFailures && failures * 2 >= recent.length)) move('broken');
  }

  const bucketNow = () => Math.floor((nowMs - startMs) / bucketMs);

  return {
    state,
    enter,
    maySend,
    send,
    leave,
    answer,
    waitUntil,
    endThrottle: () => void (throttledUntilMs = 0),
    setPaused: (wanted: boolean) => void (paused = wanted),
    pass: (ms: number) => void (nowMs += ms),
    now: () => nowMs,
  };
}
