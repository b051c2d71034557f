import { CHANNELS, check, type LaneList, type LaneResource } from '@fanfare/contracts';
import { DatabaseAway, type Lane, type LanesMeant } from '@fanfare/db';
import { rfc3339 } from '@fanfare/domain';
import { problem, type ProblemError, unavailable } from './problem.ts';
import { isLine, readBody, readQuery } from './request.ts';

/** Where a request goes: to one lane of a channel, or to all of them. */
export type LanePath = { channel: string; provider?: string };

export type LaneDeps = {
  readLanes: () => Promise<Lane[]>;
  /** Return the lanes as they are then; none when there is none that is meant. Delivery processes look by themselves. */
  pauseLane: (lanes: LanesMeant & { reason: string | null }) => Promise<Lane[]>;
  resumeLane: (lanes: LanesMeant) => Promise<Lane[]>;
};

/** `GET /api/v1/lanes` */
export async function onListLanes({ readLanes }: LaneDeps, query: unknown): Promise<LaneList> {
  const { channel: wanted } = readQuery('ListLanesQuery', query);
  const lanes = await readLanes();
  return listOf(lanes.filter(({ channel }) => wanted === undefined || channel === wanted));
}

/** `PATCH /api/v1/lanes/{channel}/{provider}/pause`; without the provider, every lane of the channel. */
export async function onPauseLanes(
  deps: LaneDeps,
  path: LanePath,
  body: unknown,
): Promise<LaneResource | LaneList> {
  // The body may be left out.
  const { reason = null } = readBody('Pause', body ?? {}, (given, fault) => {
    if (!isLine(given.reason)) fault('reason');
  });
  return change(deps, path, (lanes) => deps.pauseLane({ ...lanes, reason }));
}

/** `PATCH /api/v1/lanes/{channel}/{provider}/resume`; without the provider, every lane of the channel. */
export async function onResumeLanes(
  deps: LaneDeps,
  path: LanePath,
  body: unknown,
): Promise<LaneResource | LaneList> {
  readBody('Resume', body ?? {});
  return change(deps, path, (lanes) => deps.resumeLane(lanes));
}

async function change(
  deps: LaneDeps,
  path: LanePath,
  make: (lanes: LanesMeant) => Promise<Lane[]>,
): Promise<LaneResource | LaneList> {
  const meant = meantBy(path);
  const lanes = meant === null ? [] : await toldOnce(make(meant));
  const [lane] = lanes;
  if (lane === undefined) throw await unknownLane(deps, path);
  return path.provider === undefined ? listOf(lanes) : resourceOf(lane);
}

/** Null when there can be no such lane. */
function meantBy(path: LanePath): LanesMeant | null {
  const { ok, given } = check('PathParameters', path);
  const { channel, provider } = given;
  if (!ok || channel === undefined) return null;
  return provider === undefined ? { channel } : { channel, provider };
}

/** Whose reply was lost may have been carried out; the same request again does no harm. */
async function toldOnce<T>(changing: Promise<T>): Promise<T> {
  try {
    return await changing;
  } catch (error) {
    if (!(error instanceof DatabaseAway)) throw error;
    throw unavailable('the database went away; this may have been done, and may be asked again');
  }
}

const NAMES_TOLD_MAX = 20;
const NAME_CUT = 64;

/** Says what there is instead. */
async function unknownLane({ readLanes }: LaneDeps, { channel, provider }: LanePath): Promise<ProblemError> {
  const cut = channel.slice(0, NAME_CUT);
  if (!CHANNELS.some((known) => known === channel))
    return problem('not-found', { detail: `there is no channel ${cut}; there are ${CHANNELS.join(', ')}` });
  const names = (await readLanes()).filter((lane) => lane.channel === channel).map((lane) => lane.provider);
  const which = names.length === 0 ? 'no delivery process has announced any' : `there are ${listed(names)}`;
  const lane = provider === undefined ? `lane of ${cut}` : `lane ${provider.slice(0, NAME_CUT)} of ${cut}`;
  return problem('not-found', { detail: `there is no ${lane}; ${which}` });
}

function listed(names: string[]): string {
  return names.slice(0, NAMES_TOLD_MAX).join(', ');
}

function listOf(lanes: Lane[]): LaneList {
  return { items: lanes.map(resourceOf) };
}

function resourceOf({ paused_at, throttled_until, seen_at, ...lane }: Lane): LaneResource {
  return {
    ...lane,
    status: paused_at !== null ? 'paused' : throttled_until !== null ? 'throttled' : 'open',
    paused_at: rfc3339(paused_at),
    throttled_until: rfc3339(throttled_until),
    seen_at: rfc3339(seen_at),
  };
}
