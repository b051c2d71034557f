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
 * A client that repeats a request does so within minutes, and afterwards Postgres knows it all the same. What comes within
 * so long is in one hash, remembered as long again: of 300 a second 20 MB, of a whole day it would be 3 GB. Keys of
 * their own, each with an end of its own, cost Redis four times as much.
 */
const SPAN_MS = 5 * 60_000;

export function idempotencyCache(client: Redis, now: () => number = Date.now): IdempotencyCache {
  const spanBefore = (spans: number): string => `idempotency:${Math.floor(now() / SPAN_MS) - spans}`;
  return {
    recallUses: async (keys) => {
      if (keys.length === 0) return [];
      const names = keys.map(nameOf);
      const replies = await ask(client, (pipeline) =>
        pipeline.hmget(spanBefore(0), ...names).hmget(spanBefore(1), ...names),
      );
      const [present, before] = (replies ?? []).map((reply) => (Array.isArray(reply) ? reply : []));
      return names.map((_, index) => readUse(present?.[index] ?? before?.[index]));
    },
    rememberUses: async (uses) => {
      if (uses.length === 0) return;
      const fields = uses.flatMap((use) => [nameOf(use), writeUse(use)]);
      await ask(client, (pipeline) =>
        // The one that nobody looks into any more is freed in the background; its end would free it while all wait.
        pipeline
          .hset(spanBefore(0), ...fields)
          .pexpire(spanBefore(0), 3 * SPAN_MS)
          .unlink(spanBefore(2)),
      );
    },
  };
}

/** 132 bits of a hash: no two requests meet in it. */
const NAME_LENGTH = 22;

/** Short whatever clients call their requests, and nothing of it in clear. Another body is another name. */
function nameOf({ caller, path, key, digest }: RequestKey): string {
  const request = JSON.stringify([caller, path, key, digest.toString('base64url')]);
  return hash('sha256', request, 'base64url').slice(0, NAME_LENGTH);
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
