import type { Knex } from 'knex';

/** Nothing has made keys before, so the table is empty. The id is part of a key's text: short, to be read and typed. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE api_keys
      ALTER COLUMN id TYPE text,
      ADD CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['send', 'read', 'admin'])`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DELETE FROM api_keys;
    ALTER TABLE api_keys
      ALTER COLUMN id TYPE uuid USING gen_random_uuid(),
      DROP CONSTRAINT api_keys_scopes_check`);
}
