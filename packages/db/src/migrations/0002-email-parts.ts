import type { Knex } from 'knex';

/** What only e-mail has. Without a default the table is not rewritten, and the release before writes rows as it did. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE notifications ADD COLUMN subject text, ADD COLUMN html text');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE notifications DROP COLUMN subject, DROP COLUMN html');
}
