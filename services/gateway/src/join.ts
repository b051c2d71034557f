import type { LogPosition } from '@fanfare/db';
import type { ReadState } from './states.ts';
import { type Change, furthest, type Place, type Told } from './told.ts';

/** The newest version that one listener was sent, per notification. */
export type Sent = Map<string, number>;

/**
 * Joins what a subscription begins with to the changes after it. Changes are listened to first, so none is missed; those
 * that come before the beginning is complete wait for it.
 */
export type Join =
  /** The present state is being read; a change's version tells whether it is in there. */
  | { begins: 'state'; waiting: Told[] }
  /** The log is being read on from a cursor; a change's offset tells whether it was in there. */
  | { begins: 'log'; waiting: Change[]; isWhole: boolean }
  /** It has begun. Of the changes before `from`, up to where the log or the state was read, none is news. */
  | { begins: 'now'; from: LogPosition | null };

export const BEGUN: Join = { begins: 'now', from: null };

/** A subscription, of a listener who was sent this. */
export type Joined = {
  join: Join;
  sent: Sent;
  /** Whether it is to be kept what is sent, or the order of the log is enough. */
  keepsVersions: boolean;
};

/** More than this only waits while the database is slow; then the newest state of each notification has to do. */
const WAITING_STATES_MAX = 1_000;
/** More than this waits while a page is read or a client takes one; it is then read from the log. */
const WAITING_CHANGES_MAX = 500;

/** What to send, now, of a change or of a state that was read again. */
export function onTold(one: Joined, told: Told | Change): Told[] {
  const { join } = one;
  switch (join.begins) {
    case 'state':
      join.waiting.push(told);
      if (join.waiting.length > WAITING_STATES_MAX) join.waiting = newestOfEach(join.waiting);
      return [];
    case 'log':
      if (join.waiting.length === WAITING_CHANGES_MAX) [join.waiting, join.isWhole] = [[], false];
      if (isChange(told)) join.waiting.push(told);
      return [];
    case 'now':
      return newer(one, join.from === null || !isChange(told) ? [told] : onRepeated(one, join.from, told));
  }
}

/**
 * What to send when the state has been read: it, even to a listener that has it already, and what came after it. Only
 * from the last one's place is there a going on: with it the client has all of them.
 */
export function onState(one: Joined, states: ReadState[], now: Place | null): Told[] {
  const waiting = one.join.begins === 'state' ? one.join.waiting : [];
  const from = states.at(-1)?.offsets ?? null;
  const place = now && from && { ...now, offsets: furthest(now.offsets, from) };
  const asked = states.filter(({ state }) => state.version >= (one.sent.get(state.notification_id) ?? NONE));
  for (const { state } of asked) one.sent.set(state.notification_id, state.version);
  one.join = place === null || place.offsets === now?.offsets ? BEGUN : { begins: 'now', from };
  return [
    ...asked.map(({ state }, index) => ({ state, place: index === asked.length - 1 ? place : null })),
    ...waiting.flatMap((told) => onTold(one, told)),
  ];
}

/** What to send of that which waited while the log was read, up to `from`. */
export function onLogRead(one: Joined, from: LogPosition): Told[] {
  const waiting = one.join.begins === 'log' ? one.join.waiting : [];
  one.join = { begins: 'now', from };
  return waiting.flatMap((change) => onTold(one, change));
}

/** Below every version. */
const NONE = -1;

/** What of these a listener does not have yet. */
export function newer({ sent, keepsVersions }: Joined, all: Told[]): Told[] {
  return all.filter(({ state: { notification_id, version } }) => {
    const known = sent.get(notification_id);
    const isNewer = version > (known ?? NONE);
    if (isNewer && (keepsVersions || known !== undefined)) sent.set(notification_id, version);
    return isNewer;
  });
}

/** The log was read further than changes have come, and in some partitions perhaps still is. */
function onRepeated(one: Joined, from: LogPosition, change: Change): Change[] {
  const { state, place, partition, offset } = change;
  const told = place === null ? from : furthest(place.offsets, from);
  if (told === place?.offsets) one.join = BEGUN;
  if (offset < (from.get(partition) ?? 0)) return [];
  return [{ state, place: place && { ...place, offsets: told }, partition, offset }];
}

function isChange(told: Told | Change): told is Change {
  return 'offset' in told;
}

function newestOfEach(all: Told[]): Told[] {
  const newest = new Map<string, Told>();
  for (const told of all) {
    const { notification_id, version } = told.state;
    if (version > (newest.get(notification_id)?.state.version ?? NONE)) newest.set(notification_id, told);
  }
  return [...newest.values()];
}
