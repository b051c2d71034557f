import type { ShutLane } from '@fanfare/db';
import type { Lane } from '@fanfare/providers';
import { every, type Logger } from '@fanfare/runtime';

export type LaneWatchDeps = {
  lanes: readonly Lane[];
  /** The lanes that an operator or, on whatever replica, a provider has shut. */
  readStates: () => Promise<ShutLane[]>;
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
    every({ what: 'reading the states of lanes', everyMs: READ_EVERY_MS, log }, () => idle(update)),
    every({ what: 'announcing lanes', everyMs: ANNOUNCE_EVERY_MS, log }, () => idle(announce)),
  ];
  return { stop: async () => void (await Promise.all(chores.map((chore) => chore.stop()))) };
}

function updating({ lanes, readStates }: LaneWatchDeps): () => Promise<void> {
  let before: ShutLane[] = [];
  return async () => {
    const states = await readStates();
    for (const lane of lanes) {
      const state = stateOf(lane, states);
      lane.setPaused(state?.paused ?? false);
      if (state !== undefined) lane.pauseUntil(Date.now() + state.throttled_for_ms);
      else if (stateOf(lane, before) !== undefined) lane.endThrottle();
    }
    before = states;
  };
}

function stateOf({ channel, name }: Lane, states: ShutLane[]): ShutLane | undefined {
  return states.find((state) => state.channel === channel && state.provider === name);
}

async function idle(chore: () => Promise<void>): Promise<false> {
  await chore();
  return false;
}
