/**
 * Group commit: what arrives while a run is under way leaves together in the next one, so the busier it gets the
 * bigger the groups are and the less each member costs, and alone nobody waits for company.
 */

/** The queue is full, by count or by bytes. Nothing was done with the item; it may be offered again later. */
export class QueueFull extends Error {
  readonly code = 'QUEUE_FULL';

  constructor() {
    super('the queue is full');
    this.name = 'QueueFull';
  }
}

export type Grouped<T, R> = {
  /** Resolves with this item's own result. Rejects with `QueueFull`, or with what its group's run rejected with. */
  (item: T): Promise<R>;
  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void>;
};

export type GroupedOptions<T, R> = {
  /** Does the work of a group; the results lie in the order of the items. */
  run: (items: T[]) => Promise<readonly R[]>;
  /** Most items in one group. */
  sizeMax: number;
  /** Most runs at a time. 1 makes the largest groups. */
  inFlightMax: number;
  /** How long a group waits for company while it is busy, that is after a group of 8 or more. 0 by default. */
  lingerMs?: number;
  /** Most items that wait. */
  queueMax?: number;
  /** Weight of an item, in bytes. */
  weigh?: (item: T) => number;
  /** Most bytes held, waiting and in flight. A single larger item is let through when nothing else is held. */
  bytesMax?: number;
};

/** Makes a function of one item out of a function of many. First come, first served. */
export function grouped<T, R>(options: GroupedOptions<T, R>): Grouped<T, R> {
  const limits = { lingerMs: 0, queueMax: Infinity, bytesMax: Infinity, weigh: () => 0, ...options };
  const state: State<T, R> = {
    queue: [],
    heldBytes: 0,
    inFlight: 0,
    lastSize: 0,
    scheduled: false,
    lingering: null,
    onIdle: [],
  };
  const offer = (item: T): Promise<R> => {
    const bytes = limits.weigh(item);
    if (isFull(state, limits, bytes)) return Promise.reject(new QueueFull());
    state.heldBytes += bytes;
    return new Promise((resolve, reject) => {
      state.queue.push({ item, bytes, resolve, reject });
      schedule(state, limits);
    });
  };
  return Object.assign(offer, { idle: () => idle(state) });
}

type Limits<T, R> = Required<GroupedOptions<T, R>>;
type Waiting<T, R> = {
  item: T;
  bytes: number;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
};
type State<T, R> = {
  queue: Waiting<T, R>[];
  heldBytes: number;
  inFlight: number;
  /** Members of the group that left last. */
  lastSize: number;
  scheduled: boolean;
  /** The wait for company, while there is one; it ends when as many are here as left last. */
  lingering: NodeJS.Timeout | null;
  onIdle: (() => void)[];
};

function isFull<T, R>(state: State<T, R>, limits: Limits<T, R>, bytes: number): boolean {
  if (state.queue.length >= limits.queueMax) return true;
  return state.heldBytes > 0 && state.heldBytes + bytes > limits.bytesMax;
}

/** A group leaves at the end of the event loop's turn, so requests that were read in the same turn join it. */
function schedule<T, R>(state: State<T, R>, limits: Limits<T, R>): void {
  if (state.queue.length === 0 || state.inFlight >= limits.inFlightMax) return;
  const isWaiting = awaitsCompany(state, limits);
  if (state.lingering !== null && !isWaiting) stopLingering(state);
  if (state.scheduled) return;
  state.scheduled = true;
  const start = (): void => {
    state.lingering = null;
    state.scheduled = false;
    while (state.queue.length > 0 && state.inFlight < limits.inFlightMax) void leave(state, limits);
  };
  if (isWaiting) state.lingering = setTimeout(start, limits.lingerMs);
  else setImmediate(start);
}

function stopLingering<T, R>(state: State<T, R>): void {
  if (state.lingering !== null) clearTimeout(state.lingering);
  state.lingering = null;
  state.scheduled = false;
}

/** What the last group's members ask for next is on its way; leaving without it would halve the groups. */
const BUSY_GROUP_SIZE = 8;

function awaitsCompany<T, R>({ queue, lastSize }: State<T, R>, { lingerMs, sizeMax }: Limits<T, R>): boolean {
  return lingerMs > 0 && lastSize >= BUSY_GROUP_SIZE && queue.length < Math.min(lastSize, sizeMax);
}

async function leave<T, R>(state: State<T, R>, limits: Limits<T, R>): Promise<void> {
  const group = state.queue.splice(0, limits.sizeMax);
  state.lastSize = group.length;
  state.inFlight += 1;
  const settle = await ended(group, limits.run);
  // Room is made before anybody hears of the end, so that whoever goes on with another item finds it.
  state.inFlight -= 1;
  for (const { bytes } of group) state.heldBytes -= bytes;
  settle();
  schedule(state, limits);
  if (isIdle(state)) for (const resolve of state.onIdle.splice(0)) resolve();
}

/** Runs a group to its end, and returns what tells each member of it. */
async function ended<T, R>(group: readonly Waiting<T, R>[], run: Limits<T, R>['run']): Promise<() => void> {
  try {
    const results = await run(group.map(({ item }) => item));
    if (results.length !== group.length)
      throw new Error(`a group of ${group.length} came back with ${results.length} results`);
    return () => results.forEach((result, index) => group[index]?.resolve(result));
  } catch (error) {
    return () => group.forEach(({ reject }) => reject(error));
  }
}

function idle<T, R>(state: State<T, R>): Promise<void> {
  if (isIdle(state)) return Promise.resolve();
  return new Promise((resolve) => state.onIdle.push(resolve));
}

function isIdle<T, R>(state: State<T, R>): boolean {
  return state.inFlight === 0 && state.queue.length === 0;
}
