import type { Move } from '@fanfare/db';
import { endOf, type StatusFrame } from '@fanfare/redis';

type Place = { partition: number; offset: number };
type Known = {
  /** Offset of the next event to project, as `stream_progress` says. */
  next: number;
  /** Where the last frame ended. */
  told: number;
  /** Somebody else has moved the position: it has to be read again. */
  doubtful: boolean;
};
type Untold = { offset: number; event: Extract<StatusFrame, { event: object }>['event'] };

/** How far each assigned partition is projected, and how far the gateways have been told of it. */
export type Positions = {
  /** A partition was assigned: the offset to read it from. */
  start(partition: number): Promise<number>;
  forget(partitions: number[]): void;
  /** Reads the doubtful positions of these records' partitions again. */
  refresh(places: Place[]): Promise<void>;
  isPassed(place: Place): boolean;
  /** Reads partitions anew that the database has set back: what had come after is to be projected again. */
  recheck(): Promise<void>;
  /** One move per partition, past the last of these records. */
  movesPast(places: Place[]): Move[];
  /** Takes over the moves of the partitions that were moved; the others are in doubt. */
  settle(moves: Move[], moved: number[]): void;
  /** The next frame of a partition's chain. */
  eventFrame(partition: number, untold: Untold): StatusFrame;
  /** For each partition a frame that says how far it is. */
  positionFrames(): StatusFrame[];
};

export type PositionsDeps = {
  /** Where a partition just assigned is to be read from. */
  startPosition: (partition: number) => Promise<number>;
  readProgress: (partition: number) => Promise<number>;
  /** Positions as the database has them, by partition. */
  readPositions: () => Promise<ReadonlyMap<number, number>>;
  /** Reads a partition anew from its position. */
  reposition: (partition: number) => void;
};

export function createPositions(deps: PositionsDeps): Positions {
  const known = new Map<number, Known>();
  const extend = (frame: StatusFrame): StatusFrame => {
    const at = known.get(frame.partition);
    if (at !== undefined) at.told = endOf(frame);
    return frame;
  };
  const since = (partition: number, otherwise: number) => known.get(partition)?.told ?? otherwise;
  return {
    start: (partition) => place(known, partition, deps.startPosition(partition)),
    forget: (partitions) => partitions.forEach((partition) => known.delete(partition)),
    refresh: (places) => refresh(deps, known, places),
    recheck: () => recheck(deps, known),
    isPassed: ({ partition, offset }) => {
      const at = known.get(partition);
      return at !== undefined && !at.doubtful && offset < at.next;
    },
    movesPast: (places) => movesPast(known, places),
    settle: (moves, moved) => moves.forEach((move) => settle(known, move, moved.includes(move.partition))),
    eventFrame: (partition, { offset, event }) =>
      extend({ partition, since: since(partition, offset), offset, event }),
    positionFrames: () =>
      Array.from(known, ([partition, { next, told }]) => extend({ partition, since: told, position: next })),
  };
}

/**
 * What others projected meanwhile they may have told the gateways, or not (a crash between commit and frames): the
 * chain of frames begins anew here, so that a gateway that missed something sees it.
 */
async function place(
  known: Map<number, Known>,
  partition: number,
  position: Promise<number>,
): Promise<number> {
  const next = await position;
  known.set(partition, { next, told: next, doubtful: false });
  return next;
}

async function refresh(deps: PositionsDeps, known: Map<number, Known>, places: Place[]): Promise<void> {
  const doubtful = new Set(places.map(({ partition }) => partition).filter((one) => isDoubtful(known, one)));
  for (const partition of doubtful) {
    const before = known.get(partition)?.next ?? 0;
    // If it went back (a database restored from a copy), what lies between has to be fetched once more.
    const now = await place(known, partition, deps.readProgress(partition));
    if (now < before) deps.reposition(partition);
  }
}

/** A position only grows while it is read: it lies before what it was, if a crash of Postgres or a restore took it back. */
async function recheck(deps: PositionsDeps, known: ReadonlyMap<number, Known>): Promise<void> {
  const before = Array.from(known, ([partition, { next }]) => ({ partition, next }));
  const positions = await deps.readPositions();
  for (const { partition, next } of before)
    if ((positions.get(partition) ?? 0) < next) deps.reposition(partition);
}

function isDoubtful(known: Map<number, Known>, partition: number): boolean {
  return known.get(partition)?.doubtful ?? true;
}

function movesPast(known: Map<number, Known>, places: Place[]): Move[] {
  const moves = new Map<number, Move>();
  for (const { partition, offset } of places) {
    const expected = known.get(partition)?.next;
    if (expected !== undefined) moves.set(partition, { partition, expected, next: offset + 1 });
  }
  return [...moves.values()];
}

function settle(known: Map<number, Known>, { partition, next }: Move, hasMoved: boolean): void {
  const at = known.get(partition);
  if (at === undefined) return;
  if (hasMoved) at.next = next;
  else at.doubtful = true;
}
