/** Handles what is pushed in order of arrival, at most so many at a time. */
export type Pump<T> = {
  push: (items: T[]) => void;
  /** Runs a wait of an item without its place: the next item is started meanwhile. */
  withoutPlace: <R>(wait: () => Promise<R>) => Promise<R>;
  /** Starts nothing more; resolves when what was started has ended. What waits is left as it is. */
  stop: () => Promise<void>;
  inFlight: () => number;
};

/** @param handle must not reject: whoever handles an item decides what its failure means */
export function createPump<T>({
  concurrency,
  handle,
}: {
  concurrency: number;
  handle: (item: T) => Promise<void>;
}): Pump<T> {
  let waiting: T[] = [];
  let next = 0;
  let inFlight = 0;
  let onStopped: (() => void) | null = null;

  const isStopping = (): boolean => onStopped !== null;

  function start(): void {
    while (!isStopping() && inFlight < concurrency && next < waiting.length) {
      const item = waiting[next];
      next += 1;
      inFlight += 1;
      if (item !== undefined) void handle(item).finally(ended);
    }
    // Dropping the handled head each time would move the whole queue for every item.
    if (next > 1_024 || next === waiting.length) {
      waiting = waiting.slice(next);
      next = 0;
    }
  }

  async function withoutPlace<R>(wait: () => Promise<R>): Promise<R> {
    ended();
    try {
      return await wait();
    } finally {
      // It takes its place again at once: for a moment there may be more than the concurrency says.
      inFlight += 1;
    }
  }

  function ended(): void {
    inFlight -= 1;
    if (inFlight === 0) onStopped?.();
    start();
  }

  return {
    withoutPlace,
    push: (items) => {
      for (const item of items) waiting.push(item);
      start();
    },
    stop: () =>
      new Promise((resolve) => {
        onStopped = resolve;
        if (inFlight === 0) resolve();
      }),
    inFlight: () => inFlight,
  };
}
