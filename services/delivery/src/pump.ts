import type { Priority } from '@fanfare/contracts';
import type { PriorityScheduler } from '@fanfare/domain';

/** Starts what waits, the most urgent first, as slots and the gate allow. */
export type Pump<T> = {
  push: (priority: Priority, entry: T) => void;
  /** Starts nothing more; resolves when what was started has ended. What waits is left as it is. */
  stop: () => Promise<void>;
};

/** What lets one entry after the other start. */
type Gate<P> = { tryPass: () => P | null; whenOpen: (wanted: number) => Promise<void> };

export type PumpOptions<T, P extends { giveBack: () => void }> = {
  scheduler: PriorityScheduler<T>;
  gate: Gate<P>;
  /** Must not reject: whoever handles an entry decides what its failure means. */
  handle: (entry: T, pass: P) => Promise<void>;
};

export function createPump<T, P extends { giveBack: () => void }>(options: PumpOptions<T, P>): Pump<T> {
  const { scheduler, gate, handle } = options;
  let isWaiting = false;
  let onStopped: (() => void) | null = null;
  const isStopping = (): boolean => onStopped !== null;

  function start(): void {
    while (!isStopping() && !isWaiting && scheduler.startable() > 0) {
      const pass = gate.tryPass();
      if (pass === null) void waitForGate();
      else launch(pass);
    }
  }

  /** One wait for everybody: who may start is decided when the gate opens, so a late high one is still first. */
  async function waitForGate(): Promise<void> {
    isWaiting = true;
    await gate.whenOpen(scheduler.startable());
    isWaiting = false;
    start();
  }

  function launch(pass: P): void {
    const taken = scheduler.take();
    if (taken === null) return pass.giveBack();
    void handle(taken.entry, pass).finally(() => {
      pass.giveBack();
      scheduler.release(taken.priority);
      if (scheduler.inFlight() === 0) onStopped?.();
      start();
    });
  }

  return {
    push: (priority, entry) => {
      scheduler.push(priority, entry);
      start();
    },
    stop: () =>
      new Promise((resolve) => {
        onStopped = resolve;
        if (scheduler.inFlight() === 0) resolve();
      }),
  };
}
