import type { Database, Statement } from './connect.ts';
import type { Columns } from './recordset.ts';

/** What a client names a request by: the same caller may send it to the same path again, and it is done once. */
export type IdempotencyKey = {
  caller: string;
  path: string;
  key: string;
  /** Of the body, however it was written: another one under the same key is another request. */
  digest: Buffer;
};

/** A key with what is stored under it. */
export type TakenKey = IdempotencyKey & { resource_id: string; resource_version?: number };

/** The request that a key was used for first. */
export type FirstUse = {
  digest: Buffer;
  resource_id: string;
  resource_version: number | null;
  /** Epoch milliseconds. */
  created_at: number;
};

export const KEYS = {
  caller: 'text',
  path: 'text',
  key: 'text',
  digest: 'bytea',
  resource_id: 'uuid',
  resource_version: 'integer',
} satisfies Columns;

const KEPT = `interval '24 hours'`;
const COLUMNS = Object.keys(KEYS).join(', ');
/** An old one that is still there gives way. */
const IS_OLD = `k.created_at <= now() - ${KEPT}`;

/**
 * SQL that takes keys, in their order so that two transactions never wait for each other, and returns `resource_id` of
 * those it got. One that another transaction is taking is waited for. Of the same key twice the first id gets it.
 * @param rows name of a relation of {@link KEYS}
 */
export function takeKeys(rows: string): string {
  return `
    INSERT INTO idempotency_keys AS k (${COLUMNS})
    SELECT DISTINCT ON (caller, path, key) ${COLUMNS} FROM ${rows} ORDER BY caller, path, key, resource_id
    ON CONFLICT (caller, path, key) DO UPDATE SET digest = excluded.digest, resource_id = excluded.resource_id,
      resource_version = excluded.resource_version, created_at = now()
    WHERE ${IS_OLD}
    RETURNING resource_id`;
}

/** SQL of the `resource_id` of those that {@link takeKeys} did not get. */
export function lostKeys(rows: string, won: string): string {
  return `SELECT resource_id FROM ${rows} EXCEPT SELECT resource_id FROM ${won}`;
}

const FIND_FIRST_USE: Statement = {
  name: 'find_first_use',
  text: `SELECT digest, resource_id, resource_version, created_at FROM idempotency_keys AS k
    WHERE caller = $1 AND path = $2 AND key = $3 AND NOT (${IS_OLD})`,
};

/** Null for a key that is not in use. */
export async function findFirstUse(
  db: Database,
  { caller, path, key }: Omit<IdempotencyKey, 'digest'>,
): Promise<FirstUse | null> {
  const [row] = await db.query<FirstUse>(FIND_FIRST_USE, [caller, path, key]);
  return row ?? null;
}

const newest = (column: string): string => `CASE WHEN ${IS_OLD} THEN excluded.${column} ELSE k.${column} END`;

const GUARD_KEY: Statement = {
  name: 'guard_key',
  text: `
    INSERT INTO idempotency_keys AS k (caller, path, key, digest, resource_id, resource_version)
    VALUES ($1, $2, $3, $4, '00000000-0000-0000-0000-000000000000', 1)
    ON CONFLICT (caller, path, key) DO UPDATE SET digest = ${newest('digest')}, created_at = ${newest('created_at')},
      resource_version = CASE WHEN ${IS_OLD} THEN 1 ELSE k.resource_version + (k.digest = excluded.digest)::integer END
    RETURNING digest, created_at, created_at = now() AS is_first, resource_version AS turn`,
};

/** `is_first`: it was in use by nobody. `turn`: how often it has come with this body. */
export type GuardedUse = Pick<FirstUse, 'digest' | 'created_at'> & { is_first: boolean; turn: number };

/**
 * Takes the key of a request that may be carried out any number of times, before it is.
 * @returns its first use, which may be this one
 */
export async function guardKey(
  db: Database,
  { caller, path, key, digest }: IdempotencyKey,
): Promise<GuardedUse> {
  const [row] = await db.query<GuardedUse>(GUARD_KEY, [caller, path, key, digest]);
  if (row === undefined) throw new Error('the key statement returned nothing');
  return row;
}

const FORGET_KEY: Statement = {
  name: 'forget_key',
  text: 'DELETE FROM idempotency_keys WHERE caller = $1 AND path = $2 AND key = $3 AND resource_version = $4',
};

/**
 * Frees the key of a request that was refused: put right, it may come again under the same key. One that has come again
 * since is that request's to free, which may yet do what it asks for.
 */
export async function forgetKey(
  db: Database,
  { caller, path, key }: IdempotencyKey,
  turn: GuardedUse['turn'],
): Promise<void> {
  await db.query(FORGET_KEY, [caller, path, key, turn]);
}

const FORGET_EXPIRED_KEYS: Statement = {
  name: 'forget_expired_keys',
  text: `
    DELETE FROM idempotency_keys WHERE (caller, path, key) IN (
      SELECT caller, path, key FROM idempotency_keys AS k WHERE ${IS_OLD}
      ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
    )
    RETURNING 1 AS forgotten`,
};

/** Forgets the oldest keys whose time is over, at most `limit`. Returns how many. */
export async function forgetExpiredKeys(db: Database, limit: number): Promise<number> {
  return (await db.query(FORGET_EXPIRED_KEYS, [limit])).length;
}
