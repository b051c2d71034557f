import type { RedisHandle } from './connect.ts';
import type { Place } from './pace-slices.ts';

/** While it works a replica says so with its other questions to Redis, this often. */
const BUSY_EVERY_MS = 1_000;
const IDLE_EVERY_MS = 5_000;
/** Two signs of an idle replica may be lost. */
const LIFE_MS = 3 * IDLE_EVERY_MS;

/** Who else works on the same, as far as Redis told us last. */
export type Presence = {
  /** This replica's place among those last seen; alone until Redis has answered once. */
  place(): Place;
  /** It is at work: time for another sign. */
  busy(): void;
  /** It leaves: the others need not wait until it is forgotten. */
  leave(): Promise<void>;
};

export type PresenceOptions = {
  redis: Pick<RedisHandle, 'signIn' | 'signOut'>;
  key: string;
  replica: string;
  now: () => number;
  monotonic: () => number;
};

/** Signs in at once, and then for as long as it lives. */
export function createPresence({ redis, key, replica, now, monotonic }: PresenceOptions): Presence {
  let place: Place = { rank: 0, count: 1 };
  let dueAtMs = 0;

  async function signIn(): Promise<void> {
    dueAtMs = monotonic() + BUSY_EVERY_MS;
    const replicas = await redis.signIn({ key, member: replica, epochMs: now(), lifeMs: LIFE_MS });
    // What was seen last stays; the first question after Redis is back carries the next sign.
    if (replicas === null) dueAtMs = 0;
    else place = { rank: Math.max(0, replicas.toSorted().indexOf(replica)), count: replicas.length || 1 };
  }

  const idle = setInterval(() => void signIn(), IDLE_EVERY_MS);
  void signIn();
  return {
    place: () => place,
    busy: () => {
      if (monotonic() >= dueAtMs) void signIn();
    },
    leave: () => {
      clearInterval(idle);
      return redis.signOut({ key, member: replica });
    },
  };
}
