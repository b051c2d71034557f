import type { Heard } from '../load/listeners.ts';
import type { Logged } from '../status-log.ts';

/** What the clients of notifications were told of what there was to tell. */
export type Told = {
  /** Changes that came to the log after the state that a client was first told. */
  changes: number;
  /** Those that it was never told. */
  missed: number;
  /** Events that came to the log behind a newer one of the same notification: nobody is told those. */
  overtaken: number;
};

/**
 * Holds what was heard against the log.
 * @param logged each notification's events in the log's order
 * @param heard each notification's states in the order in which its client was told them
 */
export function compareTold(heard: readonly Heard[], logged: readonly Logged[]): Told {
  const newest = new Map(heard.toReversed().map(({ id, version }) => [id, version]));
  const first = new Map(newest);
  const told = new Set(heard.map(({ id, version }) => `${id} ${version}`));
  const result: Told = { changes: 0, missed: 0, overtaken: 0 };
  for (const { id, version } of logged) {
    if (version <= (first.get(id) ?? NONE)) continue;
    if (version < (newest.get(id) ?? NONE)) result.overtaken += 1;
    else {
      newest.set(id, version);
      result.changes += 1;
      if (!told.has(`${id} ${version}`)) result.missed += 1;
    }
  }
  return result;
}

/** Below every version. */
const NONE = -1;

/**
 * How long the clients waited: for each event that came to the log when its client listened already, and for each last
 * one in any case. What a newer state made superfluous is told with that.
 * @returns milliseconds; not a finite number for what was never told
 */
export function waitsOf(heard: readonly Heard[], logged: readonly Logged[]): number[] {
  const states = Map.groupBy(heard, ({ id }) => id);
  return Array.from(Map.groupBy(logged, ({ id }) => id)).flatMap(([id, events]) => {
    const told = states.get(id) ?? [];
    const listensFrom = told[0]?.at ?? Infinity;
    const last = Math.max(...events.map(({ version }) => version));
    return events
      .filter(({ at, version }) => at > listensFrom || version === last)
      .map(({ at, version }) => (told.find((one) => one.version >= version)?.at ?? Infinity) - at);
  });
}
