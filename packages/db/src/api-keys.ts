import { hash, randomBytes } from 'node:crypto';
import { apiKeyText, type Scope } from '@fanfare/domain';
import type { Database, Statement } from './connect.ts';

/** What is kept of a key: enough to recognise it, not to use it. */
export type StoredKey = { id: string; hash: Buffer; scopes: Scope[] };

/** A key as operators see it. Times are epoch milliseconds. */
export type ListedKey = {
  id: string;
  name: string;
  scopes: Scope[];
  created_at: number;
  revoked_at: number | null;
};

const CREATE: Statement = {
  name: 'create_api_key',
  text: `INSERT INTO api_keys (id, name, hash, scopes) VALUES ($1, $2, $3, $4::text[])`,
};

/**
 * Makes a key. Its text is in the answer and nowhere else: who loses it makes another one.
 *
 * @param random as many random bytes as asked for
 */
export async function createApiKey(
  db: Database,
  { name, scopes }: { name: string; scopes: readonly Scope[] },
  random: (bytes: number) => Buffer = randomBytes,
): Promise<{ id: string; text: string }> {
  const id = random(8).toString('hex');
  const text = apiKeyText({ id, secret: random(32).toString('hex') });
  await db.query(CREATE, [id, name, hashOfKey(text), scopes]);
  return { id, text };
}

/** Of 256 random bits nothing can be guessed, so a hash that is slow on purpose would protect nothing more. */
export function hashOfKey(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

const FIND: Statement = {
  name: 'find_api_keys',
  text: `SELECT id, hash, scopes FROM api_keys WHERE id = ANY ($1::text[]) AND revoked_at IS NULL`,
};

/** The keys of these ids in order, null for one that is not there or was revoked. */
export async function findApiKeys(db: Database, ids: readonly string[]): Promise<(StoredKey | null)[]> {
  const rows = await db.query<StoredKey>(FIND, [ids]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}

const SHOWN = 'id, name, scopes, created_at, revoked_at';

const LIST: Statement = {
  name: 'list_api_keys',
  text: `SELECT ${SHOWN} FROM api_keys ORDER BY created_at, id`,
};

/** Every key there has been, the oldest first. */
export function listApiKeys(db: Database): Promise<ListedKey[]> {
  return db.query<ListedKey>(LIST, []);
}

const REVOKE: Statement = {
  name: 'revoke_api_key',
  text: `UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING ${SHOWN}`,
};

/** Ends a key for good; one that has ended stays so since then. Null when there is no such key. */
export async function revokeApiKey(db: Database, id: string): Promise<ListedKey | null> {
  const [row] = await db.query<ListedKey>(REVOKE, [id]);
  return row ?? null;
}
