import type { Outcome } from '@fanfare/domain';
import CircuitBreaker from 'opossum';

export type BreakerSettings = {
  /** It breaks when this many calls of the window have failed, and no fewer than went well. */
  maxFailures: number;
  windowMs: number;
  /** How long it stays broken before one call may probe the provider. */
  openMs: number;
};

/** `half-open`: one call may find out whether the provider is back. `probing`: that call is being made. */
type BreakerState = 'closed' | 'broken' | 'half-open' | 'probing';

export type Breaker = {
  state(): BreakerState;
  /** Epoch milliseconds; null unless it is broken. */
  brokenUntilMs(): number | null;
  /** The right to make one call. While it is half-open there is a single one. */
  tryPass(): Pass | null;
  /** Nothing passes any more, and no timer is left. */
  close(): void;
};

export type Pass = {
  /** False when the breaker has moved on since: the call is not to be made. */
  isValid(): boolean;
  /**
   * What came of the call. When this resolves, the state has followed from it.
   * @param isSilent it was one of many that nobody answers: it breaks, whatever it has counted
   */
  report(kind: Outcome['kind'], isSilent?: boolean): Promise<void>;
  /** No call was made: another one may probe. */
  giveBack(): void;
};

export type BreakerDeps = {
  settings: BreakerSettings;
  /** Epoch milliseconds. */
  now: () => number;
  onChange: () => void;
};

/**
 * A circuit breaker for one provider, with opossum's window, states and timers. What is fired through the circuit is
 * the outcome of a call, once it is known, and not the call: opossum counts calls when they start, so of a provider
 * that hangs for as long as the window lasts (10 s both, by default) it sees failures of no calls and never breaks;
 * and it takes any call that ends while it is half-open for the probe.
 */
export function createBreaker({ settings, now, onChange }: BreakerDeps): Breaker {
  const circuit = createCircuit(settings);
  let brokenAtMs = 0;
  /** Counts the circuit's moves: whoever was let in before the last one has no say in the next. */
  let epoch = 0;
  let probe: Pass | null = null;

  function moved(): void {
    epoch += 1;
    probe = null;
    if (circuit.opened) brokenAtMs = now();
    onChange();
  }
  circuit.on('open', moved).on('halfOpen', moved).on('close', moved);

  function state(): BreakerState {
    if (circuit.closed) return 'closed';
    if (!circuit.halfOpen) return 'broken';
    return probe === null ? 'half-open' : 'probing';
  }

  function createPass(): Pass {
    const enteredAt = epoch;
    const isValid = () => enteredAt === epoch;
    return {
      isValid,
      report: async (kind, isSilent = false) => {
        // The circuit rejects with what it has been told just now.
        if (isValid()) await circuit.fire(kind).catch(() => {});
        if (isSilent && isValid()) circuit.open();
      },
      giveBack: () => {},
    };
  }

  function createProbe(): Pass {
    const giveBack = () => {
      if (probe !== pass) return;
      probe = null;
      onChange();
    };
    const pass = { ...createPass(), giveBack };
    probe = pass;
    onChange();
    return pass;
  }

  return {
    state,
    brokenUntilMs: () => (circuit.opened ? brokenAtMs + settings.openMs : null),
    tryPass: () => {
      if (circuit.closed) return createPass();
      return state() === 'half-open' ? createProbe() : null;
    },
    close: () => {
      epoch += 1;
      circuit.shutdown();
    },
  };
}

/** The window moves by a tenth of itself: it reaches back nine to ten tenths of `windowMs`. */
const WINDOW_BUCKETS = 10;

type Circuit = CircuitBreaker<[kind: Outcome['kind']], void>;

/** @returns a circuit that breaks by our rule: opossum's own knows shares only, not how many failed. */
function createCircuit({ maxFailures, windowMs, openMs }: BreakerSettings): Circuit {
  const circuit: Circuit = new CircuitBreaker(judge, {
    resetTimeout: openMs,
    rollingCountTimeout: windowMs,
    rollingCountBuckets: WINDOW_BUCKETS,
    errorThresholdPercentage: Infinity,
    // Providers have a time limit of their own.
    timeout: false,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  return circuit.on('failure', () => {
    const failures = sum(circuit, 'failures');
    if (circuit.closed && failures >= maxFailures && failures >= sum(circuit, 'successes')) circuit.open();
  });
}

/** `circuit.stats` says the same, but adds up thirteen figures of every bucket with their names. */
function sum({ status }: Circuit, figure: 'failures' | 'successes'): number {
  return status.window.reduce((total, bucket) => total + bucket[figure], 0);
}

const FAILED = new Error('the call failed');

async function judge(kind: Outcome['kind']): Promise<void> {
  if (isFailure(kind)) throw FAILED;
}

/**
 * A provider that rejects a message or wants us slower is there, and answers. A throttled lane is shut by what the
 * provider asked for; to break it as well would keep it shut for longer than that.
 */
function isFailure(kind: Outcome['kind']): boolean {
  switch (kind) {
    case 'unavailable':
    case 'unknown':
      return true;
    case 'accepted':
    case 'rejected':
    case 'throttled':
      return false;
  }
}
