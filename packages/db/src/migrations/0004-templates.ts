import type { Knex } from 'knex';

/**
 * What e-mail templates have besides, a template's name as of each version, and which version a request made. Keys are looked up by age once they are
 * forgotten again: in the order of their age their pages stop lying in soon, and a BRIN index with them.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE template_versions ADD COLUMN name text, ADD COLUMN subject text, ADD COLUMN html text;
    ALTER TABLE idempotency_keys ADD COLUMN resource_version integer;
    DROP INDEX idempotency_keys_created_at;
    CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP INDEX idempotency_keys_age;
    CREATE INDEX idempotency_keys_created_at ON idempotency_keys USING brin (created_at);
    ALTER TABLE idempotency_keys DROP COLUMN resource_version;
    ALTER TABLE template_versions DROP COLUMN name, DROP COLUMN subject, DROP COLUMN html;
  `);
}
