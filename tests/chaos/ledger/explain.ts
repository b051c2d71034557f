import type { Call, Event, FaultRecord } from './evidence.ts';
import type { Story } from './story.ts';

/**
 * Why a call was accepted and yet not counted as delivered: its answer was lost on the way (`unknown`), or the worker
 * that made it was killed or frozen before it had settled.
 */
export type Explanation = 'unknown' | 'kill' | 'freeze';

/** Between a signal and what it does, and between two processes' readings of one clock. */
const MARGIN_MS = 500;

/**
 * Looks for what kept a call from being settled as it was answered.
 * @param until when its fate was sealed: the next call, or the end of the notification
 * @returns null when nothing did
 */
export function explain(
  story: Story,
  call: Call,
  until: number,
  faults: readonly FaultRecord[],
): Explanation | null {
  const settled = settlementOf(story, call);
  if (settled?.outcome === 'unknown' && settled.at <= until) return 'unknown';
  const [from, to] = [call.at - MARGIN_MS, Math.min(settled?.at ?? Infinity, until) + MARGIN_MS];
  const fault = faults.find(({ kind, at, liftedAt }) => isOfWorker(kind) && at <= to && liftedAt >= from);
  if (fault === undefined) return null;
  return fault.kind === 'freeze' ? 'freeze' : 'kill';
}

const SETTLED = new Set(['delivered', 'failed', 'expired', 'retrying']);

/** The end of the attempt that the call belongs to: claimed before it, settled after it. */
function settlementOf({ events }: Story, { at, cycle }: Call): Event | undefined {
  return events.find(
    (event) =>
      SETTLED.has(event.status) &&
      event.cycle === cycle &&
      event.at >= at &&
      event.started_at !== null &&
      event.started_at <= at,
  );
}

function isOfWorker(kind: FaultRecord['kind']): boolean {
  return kind === 'delivery' || kind === 'freeze';
}
