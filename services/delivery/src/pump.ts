/** Handles what is pushed in order of arrival, at most so many at a time. */
export type Pump<T> = {
  push: (items: T[]) => void;
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

  function ended(): void {
    inFlight -= 1;
    if (inFlight === 0) onStopped?.();
    start();
  }

  return {
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
