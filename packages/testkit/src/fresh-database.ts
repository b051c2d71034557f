import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { stack } from './stack.ts';

export type FreshDatabase = { url: string; drop(): Promise<void> };

/** An empty database of the test's own on the stack's Postgres. `drop` ends whatever is still connected to it. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const { DATABASE_URL } = await stack();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await runAlone(DATABASE_URL, `CREATE DATABASE ${name}`);
  const url = new URL(DATABASE_URL);
  url.pathname = name;
  return { url: url.href, drop: () => runAlone(DATABASE_URL, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function runAlone(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
