import { hash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ask } from './counters.ts';

/** Names a request: what a client called it, and a digest of what it says. */
export type RequestKey = { caller: string; path: string; key: string; digest: Buffer };

/** What the first request under a key made. */
type RememberedUse = { resource_id: string; resource_version: number | null };

export type IdempotencyCache = {
  /**
   * What is remembered of each key with this very digest, in order. Null where nothing is, or Redis does not say, at once
   * while it is away. Never rejects.
   */
  recallUses(keys: readonly RequestKey[]): Promise<(RememberedUse | null)[]>;
  /** To be called when it is stored for good. Never rejects: who is not remembered is looked up. */
  rememberUses(
    uses: readonly (RequestKey & { resource_id: string; resource_version?: number })[],
  ): Promise<void>;
};

/**
 * A client that repeats a request does so within minutes, and afterwards Postgres knows it all the same: at 300 a
 * second this is about 40 MB, a day's would be 6 GB.
 */
const REMEMBERED_MS = 10 * 60_000;

/** One command for a group: a SET for each costs client and server several times as much. */
const REMEMBER = `
  for i, name in ipairs(KEYS) do redis.call('SET', name, ARGV[i], 'PX', ${REMEMBERED_MS}) end`;

export function idempotencyCache(client: Redis): IdempotencyCache {
  return {
    recallUses: async (keys) => {
      const names = keys.map(nameOf);
      const replies = await ask(client, (pipeline) => pipeline.mget(names));
      const [values] = replies ?? [];
      return names.map((_, index) => (Array.isArray(values) ? readUse(values[index]) : null));
    },
    rememberUses: async (uses) => {
      if (uses.length === 0) return;
      const values = [...uses.map(nameOf), ...uses.map(writeUse)];
      await ask(client, (pipeline) => pipeline.eval(REMEMBER, uses.length, ...values));
    },
  };
}

/** 132 bits of a hash: no two requests meet in it. */
const NAME_LENGTH = 22;

/** Short whatever clients call their requests, and nothing of it in clear. Another body is another name. */
function nameOf({ caller, path, key, digest }: RequestKey): string {
  const request = JSON.stringify([caller, path, key, digest.toString('base64url')]);
  return `idempotency:${hash('sha256', request, 'base64url').slice(0, NAME_LENGTH)}`;
}

function writeUse(use: { resource_id: string; resource_version?: number }): string {
  return use.resource_version === undefined ? use.resource_id : `${use.resource_id} ${use.resource_version}`;
}

const USE = /^([0-9a-f-]{36})(?: (\d+))?$/;

function readUse(value: unknown): RememberedUse | null {
  const [, resource_id, version] = USE.exec(typeof value === 'string' ? value : '') ?? [];
  if (resource_id === undefined) return null;
  return { resource_id, resource_version: version === undefined ? null : Number(version) };
}
