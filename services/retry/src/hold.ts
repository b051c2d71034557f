import TinyQueue from 'tinyqueue';

/** Holds items until they are due, then hands over all that are, the earliest first. */
export type Hold<T> = {
  add: (item: T, dueAtMs: number) => void;
  size: () => number;
  /** Hands nothing over any more. */
  stop: () => void;
};

/** setTimeout takes no more than 2^31 - 1 ms; waking in between costs nothing. */
const SLEEP_MAX_MS = 60_000;

type HoldDeps<T> = {
  onDue: (items: T[]) => void;
  /** Epoch milliseconds. */
  now: () => number;
};

/** Nothing is handed over before its time, which counts by the clock that `now` reads. */
export function createHold<T>({ onDue, now }: HoldDeps<T>): Hold<T> {
  const held = new TinyQueue<{ item: T; dueAtMs: number }>([], (a, b) => a.dueAtMs - b.dueAtMs);
  let timer: NodeJS.Timeout | null = null;
  let wakeAtMs = Infinity;
  let isStopped = false;

  function add(item: T, dueAtMs: number): void {
    held.push({ item, dueAtMs });
    if (dueAtMs < wakeAtMs) planWake();
  }

  /** One timer, for the earliest. */
  function planWake(): void {
    if (timer !== null) clearTimeout(timer);
    wakeAtMs = held.peek()?.dueAtMs ?? Infinity;
    if (wakeAtMs === Infinity || isStopped) return;
    timer = setTimeout(wake, Math.min(SLEEP_MAX_MS, Math.max(0, wakeAtMs - now())));
  }

  function wake(): void {
    const due = takeDue();
    if (due.length > 0) onDue(due);
    planWake();
  }

  function takeDue(): T[] {
    const due: T[] = [];
    for (let next = held.peek(); next !== undefined && next.dueAtMs <= now(); next = held.peek()) {
      due.push(next.item);
      held.pop();
    }
    return due;
  }

  function stop(): void {
    isStopped = true;
    if (timer !== null) clearTimeout(timer);
  }

  return { add, size: () => held.length, stop };
}
