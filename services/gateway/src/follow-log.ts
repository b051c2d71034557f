import type { LogPage, LogPosition } from '@fanfare/db';
import { endOf, type StatusFrame } from '@fanfare/redis';
import { createNewest } from './newest.ts';
import { type StatusUpdate, statusUpdate } from './status-update.ts';
import type { Change, Place } from './told.ts';

export type FollowDeps = {
  /** Reads on in the status log; for null nothing but where it ends now. Tries until it can, rejects when it must stop. */
  read: (after: LogPosition | null) => Promise<LogPage>;
  /** Every change since the beginning in the order of its partition, once. */
  onChange: (change: Change) => void;
  /** It is another log, or a part of it is gone: what was told before may be wrong. It goes on from this place. */
  onRestart: (place: Place) => void;
  /** A frame tells that one before it is missing. */
  onGap: () => void;
  /** Given what ends the following, should it ever end. */
  onEnd: (end: Promise<void>) => void;
  epochMs: () => number;
};

/** Follows the status log from where it ends at first: by frames as long as each follows, else by reading on. */
export type LogFollower = {
  hear: (frame: StatusFrame) => void;
  /** To be called when frames may be missing. */
  readOn: () => void;
  /** Everything before it has been handed to `onChange`; null until it is known where the log ends. */
  place: () => Place | null;
};

/** More than this is not kept while a page is read; it is in the log as well. */
const HELD_MAX = 10_000;

export function followLog(deps: FollowDeps): LogFollower {
  const following: Following = {
    deps,
    isNewest: createNewest(),
    place: null,
    lastTold: new Map(),
    isSetBack: false,
    isReading: false,
    isBehind: true,
    held: [],
    heldBefore: 0,
  };
  readOn(following);
  return {
    hear: (frame) => {
      if (isToldAgain(following, frame)) {
        following.isSetBack = true;
        readOn(following);
      }
      hear(following, frame);
    },
    readOn: () => readOn(following),
    place: () => following.place,
  };
}

type Following = {
  deps: FollowDeps;
  isNewest: (state: StatusUpdate) => boolean;
  place: Place | null;
  /** By partition, the offset of the last event that a frame told. */
  lastTold: Map<number, number>;
  isSetBack: boolean;
  isReading: boolean;
  isBehind: boolean;
  /** What was told since it fell behind. */
  held: StatusFrame[];
  /** So many of those held were there before the page was asked for, which therefore has what they tell. */
  heldBefore: number;
};

function hear(one: Following, frame: StatusFrame): void {
  const next = nextOf(one.place, frame.partition);
  // Either it was long under way, or the projector was set back.
  if ('position' in frame && frame.position < next) return readOn(one);
  if (one.isBehind) return hold(one, frame);
  if (frame.since <= next) return take(one, frame);
  one.deps.onGap();
  hold(one, frame);
  readOn(one);
}

/**
 * An event is told when it is new in Postgres. One before those that were told says that Postgres had lost them, as in a
 * crash that takes back the last commits: whoever read a state until it was there again has an old one.
 */
function isToldAgain({ lastTold }: Following, frame: StatusFrame): boolean {
  if ('position' in frame) return false;
  const isAgain = frame.offset <= (lastTold.get(frame.partition) ?? -1);
  lastTold.set(frame.partition, frame.offset);
  return isAgain;
}

function hold(one: Following, frame: StatusFrame): void {
  if (one.held.length === HELD_MAX) [one.held, one.heldBefore] = [[], 0];
  one.held.push(frame);
}

function take(one: Following, frame: StatusFrame): void {
  if (endOf(frame) <= nextOf(one.place, frame.partition)) return;
  move(one, [[frame.partition, endOf(frame)]]);
  if ('event' in frame) tell(one, frame, statusUpdate(frame.event));
}

function move(one: Following, ends: Iterable<[partition: number, end: number]>, log = one.place?.log): Place {
  const offsets = new Map([...(one.place?.offsets ?? []), ...ends]);
  return (one.place = { offsets, log: log ?? '', at: one.deps.epochMs() });
}

function tell(
  { isNewest, place, deps }: Following,
  { partition, offset }: { partition: number; offset: number },
  state: StatusUpdate,
): void {
  if (isNewest(state)) deps.onChange({ state, place, partition, offset });
}

function readOn(one: Following): void {
  one.isBehind = true;
  if (one.isReading) return;
  one.isReading = true;
  one.deps.onEnd(readWhileBehind(one));
}

async function readWhileBehind(one: Following): Promise<void> {
  while (one.isBehind) {
    one.heldBefore = one.held.length;
    const page = await one.deps.read(one.place?.offsets ?? null);
    takePage(one, page);
    if (page.isEnd) takeHeld(one);
  }
  one.isReading = false;
}

function takePage(one: Following, { states, position, logId }: LogPage): void {
  const before = one.place;
  if (before !== null && (one.isSetBack || before.log !== logId || isBack(before.offsets, position))) {
    restart(one, move(one, position, logId));
    return;
  }
  for (const { log_partition, log_offset, ...state } of states) {
    move(one, [[log_partition, log_offset + 1]]);
    tell(one, { partition: log_partition, offset: log_offset }, statusUpdate(state));
  }
  move(one, position, logId);
}

/** What is told once more from here is no repetition. */
function restart(one: Following, place: Place): void {
  one.isSetBack = false;
  one.isNewest = createNewest();
  one.lastTold.clear();
  one.deps.onRestart(place);
}

/** There may be a gap among what came while the page was read; then it is behind again. */
function takeHeld(one: Following): void {
  const { held, heldBefore } = one;
  [one.held, one.isBehind] = [[], false];
  for (const [index, frame] of held.entries()) (index < heldBefore ? take : hear)(one, frame);
}

function nextOf(place: Place | null, partition: number): number {
  return place?.offsets.get(partition) ?? 0;
}

function isBack(from: LogPosition, to: LogPosition): boolean {
  return Array.from(to).some(([partition, offset]) => offset < (from.get(partition) ?? 0));
}
