import type { Knex } from 'knex';

/** What operators and providers said of lanes, and which lanes there are. A few rows, so the key is index enough. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE lanes (
      channel text NOT NULL,
      provider text NOT NULL,
      -- In the chain of its channel; 0 is asked first.
      position integer NOT NULL,
      -- By an operator, until an operator resumes it; null is not.
      paused_at timestamptz,
      paused_reason text,
      -- When an operator last did, which also ends what a provider asked of a process that nobody else knows.
      resumed_at timestamptz,
      -- By the provider itself, for so long.
      throttled_until timestamptz,
      -- When a delivery process last said that it serves it.
      seen_at timestamptz NOT NULL,
      PRIMARY KEY (channel, provider)
    )`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE lanes');
}
