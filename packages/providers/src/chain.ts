import type { Entry, Lane } from './lane.ts';

/** The lanes of a channel, in the order in which they are preferred. */
export type Chain = {
  /**
   * The right to make a call on the first lane that lets somebody in, or null. So one record probes a lane that was
   * broken as soon as it may be probed, while the others go on to the next lane.
   */
  tryEnter(): Entry | null;
  /**
   * The next lane's, behind the one whose provider took nothing (`throttled`, `unavailable`), within the same claim.
   * Null when no lane behind it is open.
   */
  next(after: Entry): Entry | null;
  /** Whether `next` would let somebody in. */
  isOpenBehind(entry: Entry): boolean;
  /**
   * Resolves when a lane may be entered. Whoever is first may shut it again for the others: ask `tryEnter`, and wait
   * again. Never resolves once the lanes are closed.
   */
  whenOpen(): Promise<void>;
};

export function createChain(lanes: readonly Lane[]): Chain {
  /** One for everybody who waits. */
  let opening: PromiseWithResolvers<void> | null = null;
  const isOpen = () => lanes.some((lane) => lane.isOpen());
  const behind = ({ lane }: Entry) => lanes.slice(lanes.indexOf(lane) + 1);

  function changed(): void {
    if (opening === null || !isOpen()) return;
    opening.resolve();
    opening = null;
  }
  for (const lane of lanes) lane.onChange(changed);

  function whenOpen(): Promise<void> {
    if (isOpen()) return Promise.resolve();
    opening ??= Promise.withResolvers<void>();
    return opening.promise;
  }

  return {
    tryEnter: () => enterFirst(lanes),
    next: (after) => enterFirst(behind(after)),
    isOpenBehind: (entry) => behind(entry).some((lane) => lane.isOpen()),
    whenOpen,
  };
}

function enterFirst(lanes: readonly Lane[]): Entry | null {
  for (const lane of lanes) {
    const entry = lane.tryEnter();
    if (entry !== null) return entry;
  }
  return null;
}
