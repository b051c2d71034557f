import type { RedisHandle } from './connect.ts';
import type { Log } from './connection.ts';
import { allowanceOf, momentAt, type Place, shareOf, SLICE_MS } from './pace-slices.ts';
import { createPresence, type Presence } from './presence.ts';

/** A limit on how often something is done, over all replicas together. */
export type Pace = {
  /** Takes a token that is at hand. */
  tryTake(): boolean;
  /** A token that was not used after all: it serves the next, for as long as a slice. */
  giveBack(): void;
  /** Resolves when a token is at hand, or after `close`. Asks for at most `wanted` (the newest call's) at a time. */
  refill(wanted: number): Promise<void>;
  /** No more tokens; whoever waits goes on. Resolves when the other replicas can know. */
  close(): Promise<void>;
};

export type PaceOptions = {
  redis: Pick<RedisHandle, 'reserve' | 'signIn' | 'signOut'>;
  /** What is limited: a channel. */
  name: string;
  /** A whole number, up to a million; 0 is no limit, and then Redis is never asked. */
  perSecond: number;
  /** This process's name among all that keep to the same limit. */
  replica: string;
  /** Wall clock in milliseconds. Replicas' clocks may be apart: within 50 ms the limit holds as it is meant to. */
  now: () => number;
  /** Elapsed time in milliseconds. */
  monotonic?: () => number;
  log: Log;
};

/**
 * Half of a slice each replica takes no more than its share, the other half what is left: else the one whose timer is
 * a millisecond earlier would have all tokens of all slices, and what waits at the others would wait for ever.
 */
const OPEN_AFTER_MS = SLICE_MS / 2;
/**
 * Tokens are good for this long after their slice, or after an answer that came even later: they are counted already,
 * and with a slow Redis nothing would ever be sent without them. One such slice more in a second is 120 % of the limit.
 */
const GRACE_MS = 20;
/** Counters are kept as long as one replica's clock may be behind another's. */
const COUNTER_KEPT_MS = 10_000;
/**
 * A Redis that is back is found by each replica at its own time, within a second. Until all have, those that count on
 * it take no more than their share, since what the others take is counted nowhere.
 */
const RETURN_MS = 2_000;
/** At a high limit few ask for many: so much of a share is worth having at hand, and no loss when it is not used. */
const AHEAD_SHARE = 1 / 32;
const PER_SECOND_MAX = 1_000_000;

/**
 * Slices of 100 ms are named by the wall clock, and each has a counter on Redis with what is taken of it. While Redis
 * is away each replica has its share of the limit, by the number of replicas last seen.
 */
export function createPace(options: PaceOptions): Pace {
  const { perSecond, monotonic = () => performance.now() } = options;
  if (!Number.isInteger(perSecond) || perSecond < 0 || perSecond > PER_SECOND_MAX)
    throw new RangeError(`${perSecond} a second is not a limit`);
  return perSecond === 0 ? unlimited : limited({ ...options, monotonic });
}

const unlimited: Pace = {
  tryTake: () => true,
  giveBack: () => {},
  refill: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

function limited(options: Required<PaceOptions>): Pace {
  const { redis, name, perSecond, replica, now, monotonic, log } = options;
  const presence = createPresence({ redis, key: `pace:${name}:replicas`, replica, now, monotonic });
  const hand = createHand(monotonic, Math.ceil(perSecond / (1_000 / SLICE_MS)));
  const till = createTill({ redis, name, perSecond, presence, now, monotonic, log });
  const sleep = createSleep();
  let wanted = 1;
  let filling: Promise<void> | null = null;
  let isClosed = false;
  const isNeeded = (): boolean => !isClosed && hand.isEmpty();

  async function fill(): Promise<void> {
    while (isNeeded()) {
      const askedAtMs = monotonic();
      const { granted, sliceLeftMs } = await till.ask(wanted);
      hand.put(granted, Math.max(askedAtMs + sliceLeftMs, monotonic()) + GRACE_MS);
      if (isNeeded()) await sleep.for(till.nextInMs());
    }
  }

  return {
    tryTake: () => !isClosed && hand.take(),
    giveBack: () => {
      hand.put(1, monotonic() + SLICE_MS);
      sleep.end();
    },
    refill: (count) => {
      if (!isNeeded()) return Promise.resolve();
      wanted = Math.max(1, count);
      filling ??= fill().finally(() => (filling = null));
      return filling;
    },
    close: () => {
      isClosed = true;
      sleep.end();
      return presence.leave();
    },
  };
}

type TillOptions = Omit<Required<PaceOptions>, 'replica'> & { presence: Presence };

/** Where tokens come from: what this replica may have of the present slice. */
function createTill({ redis, name, perSecond, presence, now, monotonic, log }: TillOptions) {
  /** What is known of the newest slice that was asked for. */
  let current = { slice: -1, taken: 0, isUsedUp: false };
  let isShared = true;
  /** The place when Redis went: who signs in first when it is back sees nobody else yet. */
  let keptPlace = presence.place();
  let returnedUntilMs = 0;
  const isKept = (): boolean => !isShared || monotonic() < returnedUntilMs;
  const place = (): Place => (isKept() ? keptPlace : presence.place());

  async function ask(wanted: number): Promise<{ granted: number; sliceLeftMs: number }> {
    presence.busy();
    const { slice, elapsedMs } = momentAt(now());
    if (slice !== current.slice) current = { slice, taken: 0, isUsedUp: false };
    const mine = current;
    const share = shareOf(slice, perSecond, place());
    const ownLeft = Math.max(0, share - mine.taken);
    const most = elapsedMs < OPEN_AFTER_MS || isKept() ? ownLeft : allowanceOf(slice, perSecond);
    const count = Math.min(Math.max(wanted, Math.floor(share * AHEAD_SHARE)), most);
    const granted = count === 0 || mine.isUsedUp ? 0 : await reserve(mine, count, ownLeft);
    mine.taken += granted;
    return { granted, sliceLeftMs: SLICE_MS - elapsedMs };
  }

  async function reserve(mine: typeof current, count: number, ownLeft: number): Promise<number> {
    const key = `pace:${name}:${mine.slice}`;
    const before = await redis.reserve({ key, count, keptMs: COUNTER_KEPT_MS });
    tellChange(before !== null);
    if (before === null) return Math.min(count, ownLeft);
    // Whoever asks for more than is left counts it too, but what others were granted stays theirs.
    const granted = Math.min(count, Math.max(0, allowanceOf(mine.slice, perSecond) - before));
    mine.isUsedUp = granted < count;
    return granted;
  }

  function tellChange(isSharedNow: boolean): void {
    if (isShared === isSharedNow) return;
    if (isSharedNow) returnedUntilMs = monotonic() + RETURN_MS;
    else keptPlace = place();
    isShared = isSharedNow;
    const fields = { pace: name, perSecond, replicas: keptPlace.count };
    if (isShared) log.info('pacing to the limit of all replicas again', fields);
    else log.warn('Redis is away: pacing to a share of the limit', fields);
  }

  /** When asking may bring more than it did. */
  function nextInMs(): number {
    const { slice, elapsedMs } = momentAt(now());
    if (slice !== current.slice) return 0;
    return elapsedMs < OPEN_AFTER_MS && !current.isUsedUp ? OPEN_AFTER_MS - elapsedMs : SLICE_MS - elapsedMs;
  }

  return { ask, nextInMs };
}

/** Tokens that were granted and are not used yet: never more than a slice has, and not for much longer than it lasts. */
function createHand(monotonic: () => number, sizeMax: number) {
  let count = 0;
  let goodUntilMs = 0;
  const isEmpty = (): boolean => count === 0 || monotonic() >= goodUntilMs;

  function take(): boolean {
    if (isEmpty()) return false;
    count -= 1;
    return true;
  }

  function put(tokens: number, untilMs: number): void {
    if (isEmpty()) [count, goodUntilMs] = [0, 0];
    count = Math.min(count + tokens, sizeMax);
    goodUntilMs = Math.max(goodUntilMs, untilMs);
  }

  return { isEmpty, take, put };
}

/** One sleeper at a time, who can be woken. */
function createSleep() {
  let timer: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;
  return {
    for: (ms: number) =>
      new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, ms);
      }),
    end: () => {
      clearTimeout(timer);
      wake?.();
    },
  };
}
