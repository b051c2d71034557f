import type { Database, Statement } from './connect.ts';

type StoredSchema = { id: number; schema: string };

const LIST: Statement = { name: 'list_schemas', text: `SELECT id, schema FROM schemas` };
const SAVE: Statement = {
  name: 'save_schema',
  text: `INSERT INTO schemas (id, schema) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET schema = excluded.schema`,
};

/** Keeps what the schema registry said, so that its absence stops nobody who starts meanwhile. */
export function schemaCache(db: Database) {
  return {
    load: (): Promise<StoredSchema[]> => db.query<StoredSchema>(LIST, []),
    save: async (id: number, schema: string): Promise<void> => {
      await db.query(SAVE, [id, schema]);
    },
  };
}
