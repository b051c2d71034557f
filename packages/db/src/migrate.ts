import knex from 'knex';
import * as journey from './migrations/0001-journey.ts';
import * as emailParts from './migrations/0002-email-parts.ts';
import * as lanes from './migrations/0003-lanes.ts';
import * as templates from './migrations/0004-templates.ts';
import * as lists from './migrations/0005-lists.ts';
import * as apiKeys from './migrations/0006-api-keys.ts';

type Migration = { name: string; up: typeof journey.up; down: typeof journey.down };

/** In order. A migration that has been released is never edited: expand first, contract in a later release. */
const MIGRATIONS: Migration[] = [
  { name: '0001-journey', up: journey.up, down: journey.down },
  { name: '0002-email-parts', up: emailParts.up, down: emailParts.down },
  { name: '0003-lanes', up: lanes.up, down: lanes.down },
  { name: '0004-templates', up: templates.up, down: templates.down },
  { name: '0005-lists', up: lists.up, down: lists.down },
  { name: '0006-api-keys', up: apiKeys.up, down: apiKeys.down },
];

/** Brings the database to the newest version; several callers at once are safe. Returns the names applied. */
export function migrate(databaseUrl: string): Promise<string[]> {
  return withMigrator(databaseUrl, (migrator) => migrator.latest());
}

/** Takes every migration back, newest first. Returns the names taken back. */
export function rollbackAll(databaseUrl: string): Promise<string[]> {
  return withMigrator(databaseUrl, (migrator) => migrator.rollback(undefined, true));
}

// Any number, the same in every release.
const MIGRATION_LOCK = 5_731_086;

/**
 * One migrator at a time; the others wait and then find nothing to do. The lock ends with its transaction, however
 * that ends; knex keeps its own in a row, where a migrator that was killed leaves it for ever.
 */
async function withMigrator(
  databaseUrl: string,
  run: (migrator: knex.Knex.Migrator) => Promise<[number, string[]]>,
): Promise<string[]> {
  const connection = connect(databaseUrl);
  try {
    return await connection.transaction(async (holder) => {
      await holder.raw('SELECT pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
      await connection.migrate.forceFreeMigrationsLock();
      const [, names] = await run(connection.migrate);
      return names;
    });
  } finally {
    await connection.destroy();
  }
}

function connect(databaseUrl: string): knex.Knex {
  return knex({
    client: 'pg',
    connection: databaseUrl,
    // One holds the lock, the others migrate.
    pool: { min: 0, max: 4 },
    migrations: {
      tableName: 'schema_migrations',
      migrationSource: {
        getMigrations: () => Promise.resolve(MIGRATIONS),
        getMigrationName: ({ name }: Migration) => name,
        getMigration: (migration: Migration) => Promise.resolve(migration),
      },
    },
  });
}
