import type { LogPage, LogPosition } from '@fanfare/db';
import { type Cursor, markOf } from './cursor.ts';
import { type Hub, isCurrent, type Listener, send, subscribe, type Subscription } from './hub.ts';
import { type Join, newer, onLogRead } from './join.ts';
import { statusUpdate } from './status-update.ts';
import { furthest, type Interest, type Place, type Told } from './told.ts';

export type ReplayDeps = {
  hub: Hub;
  /** A page of what the log has of an interest. */
  readLog: (interest: Interest, after: LogPosition) => Promise<LogPage>;
  /** Up to where changes have been dispatched. */
  place: () => Place | null;
  epochMs: () => number;
};

export type Replayed =
  /** The client has been told everything before this place, and what is dispatched from now on. */
  | { end: 'resumed'; place: Place }
  /** The log does not have everything since then, or it is another log. */
  | { end: 'unknown'; place: null }
  /** The client wants something else meanwhile, or has gone. */
  | { end: 'left'; place: null };

const LEFT: Replayed = { end: 'left', place: null };
/** Traces are kept for longer. */
const AGE_MAX_MS = 24 * 60 * 60_000;
/** 15 minutes of 5 000 events a second. */
const EVENTS_MAX = 4_500_000;

/**
 * Tells what came after a cursor, as fast as the client takes it, until the log has no more than what was dispatched
 * meanwhile.
 */
export async function replay(deps: ReplayDeps, listener: Listener, cursor: Cursor): Promise<Replayed> {
  const join: Extract<Join, { begins: 'log' }> = { begins: 'log', waiting: [], isWhole: true };
  const subscription = subscribe(deps.hub, listener, cursor.interest, join);
  let from = cursor.place.offsets;
  let [isEnd, log] = [false, ''];
  while (!isEnd || !join.isWhole) {
    // What is dispatched from here on waits; what was before is in the page.
    join.isWhole = true;
    const page = await deps.readLog(cursor.interest, from);
    if (!isCurrent(subscription, join)) return LEFT;
    if (from === cursor.place.offsets && !isKnown(deps, cursor, page)) return { end: 'unknown', place: null };
    const told = toldOf(page, from, deps.epochMs());
    if (!(await sendPage(subscription, join, told))) return LEFT;
    [from, isEnd, log] = [page.position, page.isEnd, page.logId];
  }
  send(subscription, onLogRead(subscription, from));
  const place = deps.place();
  const offsets = place === null ? from : furthest(from, place.offsets);
  return { end: 'resumed', place: { log, at: deps.epochMs(), offsets } };
}

/** False when the subscription has ended. */
async function sendPage(subscription: Subscription, join: Join, page: Iterable<Told>): Promise<boolean> {
  for (const told of page) {
    await subscription.listener.room();
    if (!isCurrent(subscription, join)) return false;
    send(subscription, newer(subscription, [told]));
  }
  return true;
}

function* toldOf({ states, logId }: LogPage, from: LogPosition, at: number): Generator<Told> {
  const offsets = new Map(from);
  for (const { log_partition, log_offset, ...state } of states) {
    offsets.set(log_partition, log_offset + 1);
    const place = { offsets: new Map(offsets), log: logId, at };
    yield { state: statusUpdate(state), place };
  }
}

function isKnown({ place, epochMs }: ReplayDeps, { place: then }: Cursor, page: LogPage): boolean {
  const offsets = Array.from(then.offsets);
  const now = place()?.offsets ?? page.position;
  const events = Array.from(now, ([partition, offset]) => offset - (then.offsets.get(partition) ?? 0));
  return (
    epochMs() - then.at <= AGE_MAX_MS &&
    then.logMark === markOf(page.logId) &&
    offsets.every(([partition, offset]) => offset <= (page.position.get(partition) ?? -1)) &&
    events.reduce((sum, one) => sum + Math.max(0, one), 0) <= EVENTS_MAX
  );
}
