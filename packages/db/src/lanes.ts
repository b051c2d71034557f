import type { Channel } from '@fanfare/contracts';
import { RETRY_AFTER_MAX_MS } from '@fanfare/domain';
import { NOW } from './accept.ts';
import type { Database, Statement } from './connect.ts';
import { type Columns, columnValues, unnest } from './recordset.ts';

/** One provider of one channel. */
export type LaneName = { channel: Channel; provider: string };

/** Without a provider it is every lane of the channel. */
export type LanesMeant = { channel: Channel; provider?: string };

/** A lane as operators see it. Times are epoch milliseconds. */
export type Lane = LaneName & {
  /** In the chain of its channel; 0 is asked first. */
  position: number;
  /** Since when an operator keeps it shut; null is not. */
  paused_at: number | null;
  paused_reason: string | null;
  /** Until when its provider asked for quiet; null when that is over, or never was. */
  throttled_until: number | null;
  /** When a delivery process last said that it serves it. */
  seen_at: number;
};

/** What a delivery process has to know of a lane. */
export type LaneOrders = LaneName & {
  paused: boolean;
  /** How much longer by the clock of Postgres, so that no other clock has to be right; 0 is not throttled. */
  throttled_for_ms: number;
  /** When an operator last resumed it, in epoch milliseconds; another one than before ends every wait. */
  resumed_at: number | null;
};

const THROTTLED = 'throttled_until > now()';

// Every delivery process asks this twice a second, so what an operator says holds everywhere within one. It reads a
// handful of rows by their key. LISTEN would spare the question and cost more: a connection of its own for each process,
// and silence when that is lost, which is when an operator needs it.
const READ_ORDERS: Statement = {
  name: 'read_lane_orders',
  text: `
    SELECT channel, provider, paused_at IS NOT NULL AS paused, resumed_at,
      ceil(extract(epoch FROM greatest(throttled_until - now(), interval '0')) * 1000)::integer AS throttled_for_ms
    FROM lanes WHERE channel = ANY ($1::text[])
    ORDER BY channel, provider`,
};

/** What holds for the lanes of these channels at this moment. */
export function readLaneOrders(db: Database, channels: readonly Channel[]): Promise<LaneOrders[]> {
  return db.query<LaneOrders>(READ_ORDERS, [channels]);
}

const LANES = { channel: 'text', provider: 'text', position: 'integer' } satisfies Columns;

// In the order of the key, like all that writes several lanes: replicas that start together announce the same ones.
const ANNOUNCE: Statement = {
  name: 'announce_lanes',
  text: `
    INSERT INTO lanes (channel, provider, position, seen_at)
    SELECT channel, provider, position, ${NOW} FROM ${unnest(LANES)} ORDER BY channel, provider
    ON CONFLICT (channel, provider) DO UPDATE SET position = excluded.position, seen_at = excluded.seen_at`,
};

/**
 * Says which lanes a delivery process serves: when it starts, and again every minute. Pauses are left as they are, so
 * they outlive every process; a lane that nobody has announced before is open.
 */
export async function announceLanes(
  db: Database,
  lanes: readonly (LaneName & { position: number })[],
): Promise<void> {
  await db.query(ANNOUNCE, columnValues(LANES, lanes));
}

const SHOWN = `l.channel, l.provider, l.position, l.paused_at, l.paused_reason,
  CASE WHEN l.${THROTTLED} THEN l.throttled_until END AS throttled_until, l.seen_at`;
const IN_ORDER = 'ORDER BY channel, position, provider';

const READ: Statement = { name: 'read_lanes', text: `SELECT ${SHOWN} FROM lanes l ${IN_ORDER}` };

/** Every lane that was ever announced, channel by channel in the order of its chain. */
export function readLanes(db: Database): Promise<Lane[]> {
  return db.query<Lane>(READ, []);
}

/** Changes the lanes that are meant, one or a channel's, locked in the order of their key. */
function changeLanes(name: string, assignments: string): Statement {
  return {
    name,
    text: `
      WITH locked AS MATERIALIZED (
        SELECT channel, provider FROM lanes WHERE channel = $1 AND ($2::text IS NULL OR provider = $2)
        ORDER BY channel, provider FOR UPDATE
      ),
      changed AS (
        UPDATE lanes l SET ${assignments} FROM locked
        WHERE (l.channel, l.provider) = (locked.channel, locked.provider)
        RETURNING ${SHOWN}
      )
      SELECT * FROM changed ${IN_ORDER}`,
  };
}

const PAUSE = changeLanes(
  'pause_lanes',
  `paused_at = coalesce(paused_at, ${NOW}), paused_reason = coalesce($3, paused_reason)`,
);

/**
 * Shuts lanes until an operator resumes them. One that is paused already stays so since then, and takes the new reason
 * if there is one.
 * @returns the lanes as they are now; none when nobody has announced such a lane
 */
export function pauseLane(
  db: Database,
  { channel, provider, reason }: LanesMeant & { reason: string | null },
): Promise<Lane[]> {
  return db.query<Lane>(PAUSE, [channel, provider ?? null, reason]);
}

const RESUME = changeLanes(
  'resume_lanes',
  `paused_at = NULL, paused_reason = NULL, throttled_until = NULL, resumed_at = ${NOW}`,
);

/**
 * Opens lanes again, also those that their provider asked to leave alone: the operator knows better.
 * @returns the lanes as they are now; none when nobody has announced such a lane
 */
export function resumeLane(db: Database, { channel, provider }: LanesMeant): Promise<Lane[]> {
  return db.query<Lane>(RESUME, [channel, provider ?? null]);
}

const THROTTLE: Statement = {
  name: 'throttle_lane',
  text: `
    UPDATE lanes SET throttled_until = greatest(throttled_until, ${NOW} + $3 * interval '1 millisecond')
    WHERE channel = $1 AND provider = $2
    RETURNING channel`,
};

/**
 * Shuts a lane for a time, because its provider asked for that; a longer pause that it asked for before stands.
 * @param forMs is cut at an hour, as a retry's wait is; a provider that wants longer says so again
 * @returns false when nobody has announced the lane
 */
export async function throttleLane(
  db: Database,
  { channel, provider, forMs }: LaneName & { forMs: number },
): Promise<boolean> {
  const cutMs = Math.ceil(Math.min(Math.max(forMs, 0), RETRY_AFTER_MAX_MS));
  return (await db.query(THROTTLE, [channel, provider, cutMs])).length > 0;
}
