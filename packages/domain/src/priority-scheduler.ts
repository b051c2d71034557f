import { PRIORITIES, type Priority } from '@fanfare/contracts';

/** Of 21 takes while all three wait, 16 are high, 4 normal and 1 low. */
export const PRIORITY_WEIGHTS: Readonly<Record<Priority, number>> = { high: 16, normal: 4, low: 1 };

export type Taken<T> = { priority: Priority; entry: T };

/** Which of the waiting entries of three priorities starts next, when only so many may be in flight. */
export type PriorityScheduler<T> = {
  push(priority: Priority, entry: T): void;
  /** The entry that starts now; null when nothing waits that may. It occupies a slot until its `release`. */
  take(): Taken<T> | null;
  /** Takes out what waits in vain, which costs a look at all that wait. */
  drop(isInVain: (entry: T) => boolean): void;
  /** The slot of something taken is free again. Throws RangeError when nothing of this priority is in flight. */
  release(priority: Priority): void;
  /** How many takes in a row would succeed now: so many tokens of a limit are worth asking for. */
  startable(): number;
  /** Entries that wait, of one priority or of all. */
  waiting(priority?: Priority): number;
  inFlight(): number;
};

export type PrioritySchedulerOptions = {
  /** Most entries in flight. */
  slots: number;
  /** Normal and low together leave so many of the slots alone, so that a high entry need not wait for a slow call. */
  reservedForHigh: number;
  /** Takes of each priority in a round, whole numbers from 1. */
  weights?: Readonly<Record<Priority, number>>;
};

/**
 * Deficit round robin (M. Shreedhar, G. Varghese, "Efficient Fair Queueing Using Deficit Round Robin", SIGCOMM 1995)
 * over entries of equal cost: what waits has its place in a circle and at its turn takes up to its weight.
 *
 * An entry of a priority that may start is first in its line after at most as many takes of others as their weights
 * sum up to: 5 for high, 17 for normal, 20 for low. An empty priority leaves the circle and saves nothing up; the
 * others share what it does not use. First come, first served within a priority; every operation is O(1), amortised.
 */
export function createPriorityScheduler<T>(options: PrioritySchedulerOptions): PriorityScheduler<T> {
  const { slots, reservedForHigh, weights = PRIORITY_WEIGHTS } = checked(options);
  const lines = createLines<T>();
  const circle = createCircle<T>(weights);

  const all = PRIORITIES.map((priority) => lines[priority]);
  const inFlight = (): number => sumOf(all, (line) => line.inFlight);
  const freeForOthers = (): number => slots - reservedForHigh - lines.normal.inFlight - lines.low.inFlight;
  /** Counted by what is in flight of them, not by free slots: a high that occupies all would else starve the others. */
  const mayStart = (line: Line<T>): boolean => line === lines.high || freeForOthers() > 0;

  function push(priority: Priority, entry: T): void {
    const line = lines[priority];
    if (line.entries.size() === 0) circle.join(line);
    line.entries.push({ priority, entry });
  }

  function take(): Taken<T> | null {
    const taken = inFlight() < slots ? circle.take(mayStart) : null;
    if (taken !== null) lines[taken.priority].inFlight += 1;
    return taken;
  }

  function drop(isInVain: (entry: T) => boolean): void {
    for (const line of all) line.entries.drop(({ entry }) => isInVain(entry));
    circle.sweep();
  }

  function release(priority: Priority): void {
    if (lines[priority].inFlight === 0) throw new RangeError(`nothing of priority ${priority} is in flight`);
    lines[priority].inFlight -= 1;
  }

  function startable(): number {
    const others = sumOf([lines.normal, lines.low], ({ entries }) => entries.size());
    const candidates = lines.high.entries.size() + Math.max(0, Math.min(others, freeForOthers()));
    return Math.max(0, Math.min(candidates, slots - inFlight()));
  }

  return {
    push,
    take,
    drop,
    release,
    startable,
    waiting: (priority) =>
      sumOf(priority === undefined ? all : [lines[priority]], ({ entries }) => entries.size()),
    inFlight,
  };
}

type Line<T> = {
  priority: Priority;
  entries: Queue<Taken<T>>;
  /** How many it may still take before it goes to the end of the circle: the deficit. */
  turnsLeft: number;
  inFlight: number;
};

/** The lines where something waits; the first that may start has its turn. */
function createCircle<T>(weights: Readonly<Record<Priority, number>>) {
  let lines: Line<T>[] = [];

  function join(line: Line<T>): void {
    line.turnsLeft = weights[line.priority];
    lines.push(line);
  }

  function take(mayStart: (line: Line<T>) => boolean): Taken<T> | null {
    // A line that may not start keeps its place and what is left of its turn: others go first, not instead.
    const index = lines.findIndex(mayStart);
    const line = lines[index];
    if (line === undefined) return null;
    line.turnsLeft -= 1;
    const taken = line.entries.take();
    if (line.turnsLeft === 0 || line.entries.size() === 0) lines.splice(index, 1);
    if (line.turnsLeft === 0 && line.entries.size() > 0) join(line);
    return taken ?? null;
  }

  /** Who has nothing waiting any more leaves. */
  const sweep = (): void => void (lines = lines.filter(({ entries }) => entries.size() > 0));
  return { join, take, sweep };
}

function createLines<T>(): Record<Priority, Line<T>> {
  return { high: createLine('high'), normal: createLine('normal'), low: createLine('low') };
}

function createLine<T>(priority: Priority): Line<T> {
  return { priority, entries: createQueue(), turnsLeft: 0, inFlight: 0 };
}

function sumOf<T>(lines: Line<T>[], figure: (line: Line<T>) => number): number {
  return lines.reduce((sum, line) => sum + figure(line), 0);
}

type Queue<T> = {
  push(item: T): void;
  take(): T | undefined;
  drop(isInVain: (item: T) => boolean): void;
  size(): number;
};

/** Two stacks: each item is turned over once, so no take moves a long array. */
function createQueue<T>(): Queue<T> {
  let incoming: T[] = [];
  let outgoing: T[] = [];
  return {
    push: (item) => void incoming.push(item),
    take: () => {
      if (outgoing.length === 0) [incoming, outgoing] = [[], incoming.toReversed()];
      return outgoing.pop();
    },
    drop: (isInVain) => {
      incoming = incoming.filter((item) => !isInVain(item));
      outgoing = outgoing.filter((item) => !isInVain(item));
    },
    size: () => incoming.length + outgoing.length,
  };
}

function checked(options: PrioritySchedulerOptions): PrioritySchedulerOptions {
  const { slots, reservedForHigh, weights = PRIORITY_WEIGHTS } = options;
  const isShared = Number.isInteger(slots) && Number.isInteger(reservedForHigh) && reservedForHigh >= 0;
  // With every slot reserved, normal and low would never start.
  if (!isShared || reservedForHigh >= slots)
    throw new RangeError(`${reservedForHigh} of ${slots} slots cannot be reserved`);
  if (!PRIORITIES.every((priority) => Number.isInteger(weights[priority]) && weights[priority] >= 1))
    throw new RangeError('weights are whole numbers from 1');
  return options;
}
