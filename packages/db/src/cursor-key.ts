import type { Database, Statement } from './connect.ts';

const READ: Statement = { name: 'read_cursor_key', text: 'SELECT key FROM cursor_keys' };

/** The key that cursors are signed with, the same for every process. It is made with the tables. */
export async function readCursorKey(db: Database): Promise<Buffer> {
  const [row] = await db.query<{ key: Buffer }>(READ, []);
  if (row === undefined) throw new Error('there is no key for cursors');
  return row.key;
}
