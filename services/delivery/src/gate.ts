import type { Chain, Entry } from '@fanfare/providers';

/** The right to claim one record and make its call: an open lane, and a token of the channel's limit. */
export type Pass = {
  entry: Entry;
  /** The call is made now, which uses the token up. */
  use: () => void;
  /** Whatever was not used serves the next record. */
  giveBack: () => void;
};

/** The tokens of a channel's limit, which holds for each provider: one pays for a call of every one in the chain. */
export type Pace = {
  tryTake: () => boolean;
  giveBack: () => void;
  /** Resolves when a token is at hand. */
  refill: (wanted: number) => Promise<void>;
};

/** What decides when the next record may start. */
export type Gate = {
  tryPass: () => Pass | null;
  /**
   * Resolves when a pass may be had; somebody else may be quicker.
   * @param wanted how many records are waiting for one
   */
  whenOpen: (wanted: number) => Promise<void>;
};

export function createGate({ chain, pace }: { chain: Chain; pace: Pace }): Gate {
  return {
    tryPass: () => {
      if (!pace.tryTake()) return null;
      const entry = chain.tryEnter();
      if (entry === null) pace.giveBack();
      return entry && createPass(entry, pace);
    },
    whenOpen: async (wanted) => {
      // No tokens are drawn for a channel whose lanes are all shut: other replicas may have open ones.
      await chain.whenOpen();
      await pace.refill(wanted);
    },
  };
}

function createPass(entry: Entry, pace: Pace): Pass {
  let hasToken = true;
  return {
    entry,
    use: () => {
      hasToken = false;
    },
    giveBack: () => {
      entry.leave();
      if (hasToken) pace.giveBack();
      hasToken = false;
    },
  };
}
