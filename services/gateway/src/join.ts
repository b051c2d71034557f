import type { StatusUpdate } from './status-update.ts';

/** The newest version that one listener was sent, per notification. */
export type Sent = Map<string, number>;

/**
 * Joins the present state to the changes after it. Changes are listened to before the state is read, so none is
 * missed; those that come before the state wait for it, and the version tells which of them it holds already.
 */
export type Join = {
  /** Changes that came before the state; null once it is there. */
  waiting: StatusUpdate[] | null;
};

/** What to send of a change, now. */
export function onChange(join: Join, sent: Sent, change: StatusUpdate): StatusUpdate[] {
  if (join.waiting === null) return newer(sent, [change]);
  join.waiting.push(change);
  if (join.waiting.length > WAITING_MAX) join.waiting = newestOfEach(join.waiting);
  return [];
}

/** What to send when the state has been read: it, even to a listener that has it already, and what came after it. */
export function onState(join: Join, sent: Sent, states: StatusUpdate[]): StatusUpdate[] {
  const asked = states.filter(
    ({ notification_id, version }) => version >= (sent.get(notification_id) ?? NONE),
  );
  for (const { notification_id, version } of asked) sent.set(notification_id, version);
  const changes = newer(sent, join.waiting ?? []);
  join.waiting = null;
  return [...asked, ...changes];
}

/** More than this only waits while the database is slow; then the newest state of each notification has to do. */
const WAITING_MAX = 1_000;

/** Below every version. */
const NONE = -1;

function newer(sent: Sent, updates: StatusUpdate[]): StatusUpdate[] {
  return updates.filter(({ notification_id, version }) => {
    const isNewer = version > (sent.get(notification_id) ?? NONE);
    if (isNewer) sent.set(notification_id, version);
    return isNewer;
  });
}

function newestOfEach(updates: StatusUpdate[]): StatusUpdate[] {
  const newest = new Map<string, StatusUpdate>();
  for (const update of updates) {
    const known = newest.get(update.notification_id);
    if (known === undefined || update.version > known.version) newest.set(update.notification_id, update);
  }
  return [...newest.values()];
}
