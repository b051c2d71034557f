import knex from 'knex';
import * as journey from './migrations/0001-journey.ts';

type Migration = { name: string; up: typeof journey.up; down: typeof journey.down };

/** In order. A migration that has been released is never edited: expand first, contract in a later release. */
const MIGRATIONS: Migration[] = [{ name: '0001-journey', ...journey }];

/** Brings the database to the newest version; several callers at once are safe. Returns the names applied. */
export function migrate(databaseUrl: string): Promise<string[]> {
  return withMigrator(databaseUrl, (migrator) => migrator.latest());
}

/** Takes every migration back, newest first. Returns the names taken back. */
export function rollbackAll(databaseUrl: string): Promise<string[]> {
  return withMigrator(databaseUrl, (migrator) => migrator.rollback(undefined, true));
}

async function withMigrator(
  databaseUrl: string,
  run: (migrator: knex.Knex.Migrator) => Promise<[number, string[]]>,
): Promise<string[]> {
  const connection = knex({
    client: 'pg',
    connection: databaseUrl,
    pool: { min: 0, max: 2 },
    migrations: {
      tableName: 'schema_migrations',
      migrationSource: {
        getMigrations: () => Promise.resolve(MIGRATIONS),
        getMigrationName: ({ name }: Migration) => name,
        getMigration: (migration: Migration) => Promise.resolve(migration),
      },
    },
  });
  try {
    const [, names] = await run(connection.migrate);
    return names;
  } finally {
    await connection.destroy();
  }
}
