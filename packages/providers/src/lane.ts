import type { Outcome } from '@fanfare/domain';
import { type Breaker, type BreakerSettings, createBreaker, type Pass } from './breaker.ts';
import type { Provider, ProviderMessage } from './provider.ts';
import { createSilence, type Silence } from './silence.ts';
import { createThrottle, type Throttle } from './throttle.ts';

/**
 * - `open`: calls may be made.
 * - `half-open`: it was broken, and one call may find out whether the provider is back.
 * - `probing`: that call is being made; others wait for what comes of it.
 * - `broken`: the provider failed too often.
 * - `throttled`: the provider asked us to wait.
 * - `paused`: an operator shut it.
 */
export type LaneState = 'open' | 'half-open' | 'probing' | 'broken' | 'throttled' | 'paused';

export type LaneDescription = {
  name: string;
  channel: string;
  state: LaneState;
  /** Epoch milliseconds: since when it has been in this state. */
  sinceMs: number;
  /** Epoch milliseconds; null where no time ends the state. */
  untilMs: number | null;
};

/** One provider of one channel. */
export type Lane = {
  name: string;
  channel: string;
  /** How long a call may take. */
  timeoutMs: number;
  state(): LaneState;
  /** Whether `tryEnter` would let somebody in. */
  isOpen(): boolean;
  /** To be asked before a record is claimed. Every entry ends with `send` or `leave`. */
  tryEnter(): Entry | null;
  /** The provider asked another replica to wait until then (epoch milliseconds). Never shortens a wait. */
  pauseUntil(epochMs: number): void;
  /** The operator's hand. */
  setPaused(paused: boolean): void;
  /** An operator knows better than the provider that asked for a wait. */
  endThrottle(): void;
  /** Called after every change of state. */
  onChange(listener: (lane: LaneDescription) => void): void;
  describe(): LaneDescription;
  /** Lets nobody in any more, waits for calls in flight and closes the provider. */
  close(): Promise<void>;
};

/** The right to make one call. */
export type Entry = {
  lane: Lane;
  /** False when the lane was shut meanwhile: the call is not to be made. */
  isOpen(): boolean;
  /** @throws Error when the entry is shut or used up */
  send(message: ProviderMessage): Promise<Outcome>;
  /** No call will be made. Does nothing after `send`. */
  leave(): void;
};

export type LaneOptions = {
  provider: Provider;
  channel: string;
  /** The provider's. */
  timeoutMs: number;
  breaker: BreakerSettings;
  /** The provider asked for a wait until then (epoch milliseconds), so other replicas should wait as well. */
  onThrottled?: (untilMs: number) => void;
  /** Epoch milliseconds. */
  now?: () => number;
};

export function createLane(options: LaneOptions): Lane {
  const { provider, channel, timeoutMs, now = Date.now } = options;
  const breaker = createBreaker({ settings: options.breaker, now, onChange: changed });
  const throttle = createThrottle(now, changed);
  const silence = createSilence({ timeoutMs, callsMin: options.breaker.maxFailures, now });
  const listeners: ((lane: LaneDescription) => void)[] = [];
  let paused = false;
  let known: { state: LaneState; sinceMs: number } = { state: 'open', sinceMs: now() };

  const state = () => (paused ? 'paused' : stateOf(breaker, throttle));
  const isOpen = () => ['open', 'half-open'].includes(state());

  function changed(): void {
    if (state() === known.state) return;
    known = { state: state(), sinceMs: now() };
    for (const listener of listeners) listener(lane.describe());
  }

  const lane: Lane = {
    name: provider.name,
    channel,
    timeoutMs,
    state,
    isOpen,
    tryEnter: () => {
      const pass = isOpen() ? breaker.tryPass() : null;
      return (
        pass && createEntry(lane, pass, (message) => call(options, { pass, throttle, silence }, message))
      );
    },
    pauseUntil: (epochMs) => void throttle.prolong(epochMs),
    setPaused: (wanted) => {
      paused = wanted;
      changed();
    },
    endThrottle: () => throttle.end(),
    onChange: (listener) => void listeners.push(listener),
    describe: () => {
      const ends: Partial<Record<LaneState, number | null>> = {
        broken: breaker.brokenUntilMs(),
        throttled: throttle.untilMs(),
      };
      return { name: provider.name, channel, ...known, untilMs: ends[known.state] ?? null };
    },
    close: () => {
      listeners.length = 0;
      breaker.close();
      throttle.close();
      return provider.close();
    },
  };
  return lane;
}

/** Of several reasons to be shut the one is told that asks for more than patience. */
function stateOf(breaker: Breaker, throttle: Throttle): LaneState {
  const state = breaker.state();
  if (state === 'broken') return 'broken';
  if (throttle.untilMs() !== null) return 'throttled';
  return state === 'closed' ? 'open' : state;
}

function createEntry(lane: Lane, pass: Pass, send: Entry['send']): Entry {
  let used = false;
  // Of the entries of a lane that is being probed, the probe alone is valid.
  const isOpen = () => !used && pass.isValid() && ['open', 'probing'].includes(lane.state());
  return {
    lane,
    isOpen,
    send: async (message) => {
      if (!isOpen()) throw new Error(`the entry to ${lane.channel} by ${lane.name} is shut or used up`);
      used = true;
      return send(message);
    },
    leave: () => {
      if (!used) pass.giveBack();
      used = true;
    },
  };
}

async function call(
  { provider, onThrottled }: LaneOptions,
  { pass, throttle, silence }: { pass: Pass; throttle: Throttle; silence: Silence },
  message: ProviderMessage,
): Promise<Outcome> {
  const end = silence.begin();
  // What a provider throws is a fault of ours that nobody foresaw; a probe must end with it all the same.
  let kind: Outcome['kind'] = 'unknown';
  try {
    const outcome = await provider.send(message);
    kind = outcome.kind;
    const untilMs = throttle.heed(outcome);
    if (untilMs !== null) onThrottled?.(untilMs);
    return outcome;
  } finally {
    await pass.report(kind, end(kind));
  }
}
