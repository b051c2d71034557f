import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ask } from './counters.ts';

/** Names a request: what a client called it, and a digest of what it says. */
export type RequestKey = { caller: string; path: string; key: string; digest: Buffer };

/** What the first request under a key made. */
type RememberedUse = { digest: Buffer; resource_id: string; resource_version: number | null };

export type IdempotencyCache = {
  /**
   * What is remembered of each key, in order. Null where nothing is, or Redis does not say, at once while it is away.
   * Never rejects.
   */
  recallUses(keys: readonly RequestKey[]): Promise<(RememberedUse | null)[]>;
  /** To be called when it is stored for good. Never rejects: who is not remembered is looked up. */
  rememberUses(
    uses: readonly (RequestKey & { resource_id: string; resource_version?: number })[],
  ): Promise<void>;
};

/**
 * A client that repeats a request does so within minutes, and afterwards Postgres knows it all the same: at 300 a
 * second this is about 60 MB, a day's would be 8 GB.
 */
const REMEMBERED_MS = 10 * 60_000;

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
      await ask(client, (pipeline) =>
        uses.reduce((all, use) => all.set(nameOf(use), writeUse(use), 'PX', REMEMBERED_MS), pipeline),
      );
    },
  };
}

/** Short whatever clients call their requests, and nothing of it in clear. */
function nameOf({ caller, path, key }: RequestKey): string {
  const hash = createHash('sha256').update(JSON.stringify([caller, path, key]));
  return `idempotency:${hash.digest('base64url')}`;
}

function writeUse(use: { digest: Buffer; resource_id: string; resource_version?: number }): string {
  return `${use.digest.toString('base64url')} ${use.resource_id} ${use.resource_version ?? ''}`;
}

const USE = /^([\w-]+) ([0-9a-f-]{36}) (\d*)$/;

function readUse(value: unknown): RememberedUse | null {
  const [, digest, resource_id, version] = USE.exec(typeof value === 'string' ? value : '') ?? [];
  if (digest === undefined || resource_id === undefined) return null;
  const resource_version = version === '' ? null : Number(version);
  return { digest: Buffer.from(digest, 'base64url'), resource_id, resource_version };
}
