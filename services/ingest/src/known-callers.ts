import { createKeyring, type Database, findApiKeys } from '@fanfare/db';
import { createInboundLimit, type RedisHandle } from '@fanfare/redis';
import { type Config, grouped } from '@fanfare/runtime';
import type { CallerDeps } from './callers.ts';
import type { config } from './config.ts';

/** Keys that nobody has are asked for together, so that a flood of them costs one query at a time. */
const LOOKUPS = { sizeMax: 256, inFlightMax: 1, queueMax: 1_000 };

/** The keys in Postgres and the counts of calls on Redis, as the API uses them. */
export function knownCallers(
  { AUTH_MODE, INBOUND_RATE_PER_MINUTE: perMinute, TRUST_PROXY: proxies }: Config<typeof config>,
  db: Database,
  redis: RedisHandle,
): CallerDeps {
  const findKey = grouped({ ...LOOKUPS, run: (ids: string[]) => findApiKeys(db, ids) });
  return {
    verifyKey: AUTH_MODE === 'none' ? null : createKeyring({ findKey }),
    proxies,
    inbound: perMinute === 0 ? null : { perMinute, admit: createInboundLimit({ redis, perMinute }) },
  };
}
