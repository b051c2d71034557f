import type { LaneOrders } from '@fanfare/db';
import type { Lane } from '@fanfare/providers';
import { every, type Logger } from '@fanfare/runtime';

export type LaneWatchDeps = {
  lanes: readonly Lane[];
  /** What operators say of the lanes, and what providers asked of whatever replica. */
  readOrders: () => Promise<LaneOrders[]>;
  /** Says that this process serves its lanes. */
  announce: () => Promise<void>;
  log: Logger;
};

/** What holds for a lane on one replica holds on every other within a second. */
const READ_EVERY_MS = 500;
const ANNOUNCE_EVERY_MS = 60_000;

/** Keeps lanes as the database says they are. Resolves when they are so for the first time. */
export async function watchLanes(deps: LaneWatchDeps): Promise<{ stop: () => Promise<void> }> {
  const { announce, log } = deps;
  const update = updating(deps);
  await announce();
  await update();
  const chores = [
    every({ what: 'reading the states of lanes', everyMs: READ_EVERY_MS, log }, update),
    every({ what: 'announcing lanes', everyMs: ANNOUNCE_EVERY_MS, log }, announce),
  ];
  return { stop: async () => void (await Promise.all(chores.map((chore) => chore.stop()))) };
}

function updating({ lanes, readOrders }: LaneWatchDeps): () => Promise<void> {
  const resumedAt = new Map<Lane, number | null>();
  return async () => {
    const orders = await readOrders();
    for (const lane of lanes) {
      const { paused, throttled_for_ms, resumed_at } = ordersOf(lane, orders);
      lane.setPaused(paused);
      // A process may wait for what the database never heard of, so that it is resumed is told by itself.
      if (resumedAt.has(lane) && resumedAt.get(lane) !== resumed_at) lane.endThrottle();
      resumedAt.set(lane, resumed_at);
      lane.pauseUntil(Date.now() + throttled_for_ms);
    }
  };
}

const NO_ORDERS = { paused: false, throttled_for_ms: 0, resumed_at: null };

function ordersOf({ channel, name }: Lane, orders: LaneOrders[]) {
  return orders.find((one) => one.channel === channel && one.provider === name) ?? NO_ORDERS;
}
