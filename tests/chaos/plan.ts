import { below, type Random, shuffled } from '../random.ts';
import type { FaultKind } from './ledger/evidence.ts';

/** A fault to come: which, a number to choose its victim by, and how long everything is left in peace after it. */
export type PlannedFault = { kind: FaultKind; choice: number; pauseMs: number };

/** Long enough for what is measured after a fault, and for the next one to meet a system that works again. */
const PAUSES_MS: Readonly<Partial<Record<FaultKind, Pause>>> = {
  // Until the killed worker is missed, its leases are over and its notifications sent: bounded by 15 s, mostly 10.
  delivery: { leastMs: 11_000, mostMs: 13_000 },
  freeze: { leastMs: 3_000, mostMs: 5_000 },
  kafka: { leastMs: 5_000, mostMs: 7_000 },
  postgres: { leastMs: 2_000, mostMs: 4_000 },
};
const PAUSE: Pause = { leastMs: 1_000, mostMs: 2_500 };

type Pause = { leastMs: number; mostMs: number };

/** Rounds of all faults without end, each round in an order of its own. */
export function* planFaults(random: Random, kinds: readonly FaultKind[]): Generator<PlannedFault, never> {
  for (;;) {
    for (const kind of shuffled(random, kinds)) {
      const { leastMs, mostMs } = PAUSES_MS[kind] ?? PAUSE;
      yield { kind, choice: random(), pauseMs: leastMs + below(random, mostMs - leastMs) };
    }
  }
}
