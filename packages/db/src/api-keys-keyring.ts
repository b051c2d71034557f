import { timingSafeEqual } from 'node:crypto';
import type { Caller, PresentedKey, Verdict } from '@fanfare/domain';
import { grouped } from '@fanfare/runtime';
import { findApiKeys, hashOfKey, type StoredKey } from './api-keys.ts';
import { type Database, within } from './connect.ts';

export type KeyringDeps = {
  /** The key of this id, unless there is none or it was revoked. Rejects when nobody can say. */
  findKey: (id: string) => Promise<StoredKey | null>;
  /** Elapsed time in milliseconds. */
  monotonic?: () => number;
};

/** So long after it was revoked a key may still be taken, by a process that used it before. */
export const KEY_FRESH_MS = 5_000;
/** What was known when Postgres went stays good for so long: a failover of the database is no end of service. */
const KEY_GOOD_MS = 5 * 60_000;
/** A frozen Postgres answers nobody; who is known does not wait for it. */
const FIND_TIMEOUT_MS = 1_000;
const KEYS_MAX = 10_000;

/** Keys that nobody has are asked for together, so that a flood of them costs one query at a time. */
const LOOKUPS = { sizeMax: 256, inFlightMax: 1, queueMax: 1_000 };

/** Tells the keys of a database; fits the `verifyKey` of `authenticate` in @fanfare/domain. */
export function openKeyring(db: Database) {
  return createKeyring({ findKey: grouped({ ...LOOKUPS, run: (ids: string[]) => findApiKeys(db, ids) }) });
}

type Knowledge = KnownKey | 'wrong' | 'unknown';
type KnownKey = { hash: Buffer; caller: Caller; freshUntilMs: number; goodUntilMs: number };

/**
 * Tells the keys that are presented, with one look into Postgres for each key and 5 s. A key that was found keeps being
 * told for 5 minutes when Postgres does not answer; one that nobody knows yet is `unknown` then. What was not found is
 * not remembered: it would push out what was.
 */
export function createKeyring({ findKey, monotonic = () => performance.now() }: KeyringDeps) {
  const known = new Map<string, KnownKey>();
  const looking = new Map<string, Promise<Knowledge>>();

  function current(id: string): Knowledge | Promise<Knowledge> {
    const kept = known.get(id);
    if (kept !== undefined && monotonic() < kept.freshUntilMs) return kept;
    const looked = looking.get(id) ?? look(id, kept).finally(() => looking.delete(id));
    looking.set(id, looked);
    return looked;
  }

  async function look(id: string, kept: KnownKey | undefined): Promise<Knowledge> {
    const found = await within(FIND_TIMEOUT_MS, findKey(id)).catch(() => 'unknown' as const);
    if (found !== 'unknown') return remember(id, found);
    if (kept === undefined || monotonic() >= kept.goodUntilMs) return 'unknown';
    kept.freshUntilMs = monotonic() + KEY_FRESH_MS;
    return kept;
  }

  function remember(id: string, found: StoredKey | null): KnownKey | 'wrong' {
    known.delete(id);
    if (found === null) return 'wrong';
    const [oldest] = known.size < KEYS_MAX ? [] : known.keys();
    if (oldest !== undefined) known.delete(oldest);
    const [nowMs, caller] = [monotonic(), { id, scopes: found.scopes }];
    const key = {
      hash: found.hash,
      caller,
      freshUntilMs: nowMs + KEY_FRESH_MS,
      goodUntilMs: nowMs + KEY_GOOD_MS,
    };
    known.set(id, key);
    return key;
  }

  return async ({ id, text }: PresentedKey): Promise<Verdict> => {
    const key = await current(id);
    if (typeof key === 'string') return key;
    return timingSafeEqual(key.hash, hashOfKey(text)) ? key.caller : 'wrong';
  };
}
