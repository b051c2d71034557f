/** A bound on bytes that several holders share. */
export type ByteBudget = {
  take(bytes: number): void;
  release(bytes: number): void;
  isFull(): boolean;
  /** Calls back once, when less than half is taken again. */
  whenHalf(callback: () => void): void;
};

/** @param bytesMax the one who takes the last byte may go over it: a record is never cut. */
export function createByteBudget(bytesMax: number): ByteBudget {
  let taken = 0;
  const waiting = new Set<() => void>();

  function release(bytes: number): void {
    taken -= bytes;
    if (waiting.size === 0 || taken > bytesMax / 2) return;
    const callbacks = [...waiting];
    waiting.clear();
    for (const callback of callbacks) callback();
  }

  return {
    take: (bytes) => void (taken += bytes),
    release,
    isFull: () => taken >= bytesMax,
    whenHalf: (callback) => void waiting.add(callback),
  };
}

/** A budget for each of many, made when it is first asked for. */
export function createByteBudgets(bytesMaxEach: number): (name: string) => ByteBudget {
  const budgets = new Map<string, ByteBudget>();
  return (name) => {
    const budget = budgets.get(name) ?? createByteBudget(bytesMaxEach);
    budgets.set(name, budget);
    return budget;
  };
}
