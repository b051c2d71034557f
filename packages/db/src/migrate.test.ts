import { freshDatabase } from '@fanfare/testkit';
import { expect } from 'chai';
import { connectDatabase, migrate, rollbackAll } from './index.ts';

const NEWEST = [
  '0001-journey',
  '0002-email-parts',
  '0003-lanes',
  '0004-templates',
  '0005-lists',
  '0006-api-keys',
];

/** Everything that a schema is made of, as text. */
const SHAPE = `
  SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' '
    || coalesce(column_default, '') AS line
  FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  ORDER BY line`;

async function shapeOf(url: string): Promise<string[]> {
  const db = connectDatabase({ url });
  const rows = await db.query<{ line: string }>({ name: '', text: SHAPE }, []);
  await db.close();
  return rows.map(({ line }) => line).filter((line) => !line.includes('schema_migrations'));
}

describe('migrations', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.drop());

  it('go up, all the way down, and up again to the same tables', async () => {
    expect(await migrate(database.url)).to.deep.equal(NEWEST);
    const first = await shapeOf(database.url);
    expect(first.join('\n')).to.include('deliveries').and.to.include('stream_progress');
    expect(await rollbackAll(database.url)).to.deep.equal(NEWEST.toReversed());
    expect(await shapeOf(database.url)).to.deep.equal([]);
    expect(await migrate(database.url)).to.deep.equal(NEWEST);
    expect(await shapeOf(database.url)).to.deep.equal(first);
  });

  it('have nothing to do the second time', async () => {
    await migrate(database.url);
    expect(await migrate(database.url)).to.deep.equal([]);
  });

  it('may be started by several services at once: one applies them, all find them applied', async () => {
    const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url)));
    expect(applied.flat()).to.deep.equal(NEWEST);
  });

  it('are not held up by a migrator that was killed', async () => {
    await migrate(database.url);
    await rollbackAll(database.url);
    const db = connectDatabase({ url: database.url });
    await db.query({ name: '', text: 'UPDATE schema_migrations_lock SET is_locked = 1' }, []);
    await db.close();
    expect(await migrate(database.url)).to.deep.equal(NEWEST);
  });
});
