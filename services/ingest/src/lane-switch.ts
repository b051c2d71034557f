import { type Database, pauseLane, readLanes, resumeLane } from '@fanfare/db';
import type { LaneDeps } from './on-lanes.ts';

/** The lanes in Postgres, as the API uses them. */
export function laneSwitch(db: Database): LaneDeps {
  return {
    readLanes: () => readLanes(db),
    pauseLane: (lanes) => pauseLane(db, lanes),
    resumeLane: (lanes) => resumeLane(db, lanes),
  };
}
