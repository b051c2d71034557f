import { type Database, openKeyring } from '@fanfare/db';
import { createInboundLimit, type RedisHandle } from '@fanfare/redis';
import type { Config } from '@fanfare/runtime';
import type { CallerDeps } from './callers.ts';
import type { config } from './config.ts';

/** The keys in Postgres and the counts of calls on Redis, as the API uses them. */
export function knownCallers(
  { AUTH_MODE, INBOUND_RATE_PER_MINUTE: perMinute, TRUST_PROXY: proxies }: Config<typeof config>,
  db: Database,
  redis: RedisHandle,
): CallerDeps {
  return {
    verifyKey: AUTH_MODE === 'none' ? null : openKeyring(db),
    proxies,
    inbound: perMinute === 0 ? null : { perMinute, admit: createInboundLimit({ redis, perMinute }) },
  };
}
