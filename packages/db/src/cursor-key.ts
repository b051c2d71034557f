import type { Database, Statement } from './connect.ts';

const READ: Statement = { name: 'read_cursor_key', text: 'SELECT key FROM cursor_keys' };

/**
 * Gives the key that cursors and tickets are signed with, the same for every process. It is made with the tables and
 * stays, so it is read once. Rejects when nobody can say, and asks again the next time.
 */
export function openCursorKey(db: Database): () => Promise<Buffer> {
  let key: Promise<Buffer> | null = null;
  return () => {
    key ??= readCursorKey(db).catch((error: unknown) => {
      key = null;
      throw error;
    });
    return key;
  };
}

async function readCursorKey(db: Database): Promise<Buffer> {
  const [row] = await db.query<{ key: Buffer }>(READ, []);
  if (row === undefined) throw new Error('there is no key for cursors');
  return row.key;
}
