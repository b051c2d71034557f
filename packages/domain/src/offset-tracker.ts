/** What one partition's reader has begun, what of it is finished, and how far it may therefore commit. */
export type OffsetTracker = {
  /**
   * Registers a fetched offset. `known`: it was begun before, so it must not be handled a second time.
   * New offsets come in ascending order; gaps (compaction, transaction markers) are fine.
   * Throws RangeError when the tracker is full, or for an offset that was passed over earlier.
   */
  begin(offset: number): 'new' | 'known';
  /** Everything that follows from this offset is acknowledged. Twice, or for an unknown offset, it does nothing. */
  done(offset: number): void;
  /** One past the last offset before which nothing is unfinished; null until the first one is. */
  committable(): number | null;
  /** Begun and not finished. */
  inFlight(): number;
  /** No room: the oldest unfinished offset holds back `capacity` others. */
  isFull(): boolean;
  /** At most half of the room is taken: time to fetch again. */
  isHalf(): boolean;
};

/**
 * A ring of the offsets between the committed position and the newest fetched one: records of a partition are
 * worked on side by side and finish in any order, yet Kafka keeps a single position for all of them.
 *
 * @param options.capacity how many offsets may lie between the position and the newest one
 */
export function createOffsetTracker(options: { capacity: number }): OffsetTracker {
  const ring = createRing(options.capacity);
  let newest = -1;
  let position: number | null = null;
  let inFlight = 0;

  function begin(offset: number): 'new' | 'known' {
    if (offset <= newest) return repeated(offset);
    if (ring.size() === options.capacity) throw new RangeError(`no room for offset ${offset}`);
    ring.push(offset);
    newest = offset;
    inFlight += 1;
    return 'new';
  }

  /** A passed-over offset that turns up later would be lost without a trace if it counted as known. */
  function repeated(offset: number): 'known' {
    const isFinished = position !== null && offset < position;
    if (!isFinished && ring.find(offset) === -1)
      throw new RangeError(`offset ${offset} comes after ${newest}`);
    return 'known';
  }

  function done(offset: number): void {
    const index = ring.find(offset);
    if (index === -1 || ring.isFinished(index)) return;
    ring.finish(index);
    inFlight -= 1;
    if (index === 0) position = ring.dropFinished() + 1;
  }

  return {
    begin,
    done,
    committable: () => position,
    inFlight: () => inFlight,
    isFull: () => ring.size() >= options.capacity,
    isHalf: () => ring.size() <= options.capacity / 2,
  };
}

/** Offsets in ascending order, each with a mark; index 0 is the oldest. 9 bytes an offset, allocated once. */
function createRing(capacity: number) {
  const offsets = new Float64Array(capacity);
  const marks = new Uint8Array(capacity);
  let head = 0;
  let size = 0;

  const slot = (index: number): number => (head + index) % capacity;
  const at = (index: number): number => offsets[slot(index)] ?? -1;
  const isFinished = (index: number): boolean => marks[slot(index)] === 1;

  function push(offset: number): void {
    offsets[slot(size)] = offset;
    marks[slot(size)] = 0;
    size += 1;
  }

  /** Index of an offset, or -1. Without gaps the first guess is right. */
  function find(offset: number): number {
    const guess = offset - at(0);
    return guess >= 0 && guess < size && at(guess) === offset ? guess : searchAscending(at, size, offset);
  }

  /** Drops the finished ones at the old end; returns the last of them. */
  function dropFinished(): number {
    let last = -1;
    while (size > 0 && isFinished(0)) {
      last = at(0);
      head = slot(1);
      size -= 1;
    }
    return last;
  }

  const finish = (index: number): void => void (marks[slot(index)] = 1);
  return { push, find, finish, isFinished, dropFinished, size: (): number => size };
}

function searchAscending(at: (index: number) => number, size: number, wanted: number): number {
  let [low, high] = [0, size - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (at(middle) === wanted) return middle;
    if (at(middle) < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
