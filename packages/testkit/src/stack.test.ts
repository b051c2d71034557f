import { expect } from 'chai';
import pg from 'pg';
import { freshDatabase } from './fresh-database.ts';
import { startServices } from './services.ts';
import { stack } from './stack.ts';

describe('stack of a test run', () => {
  it('gives each caller a database of its own', async () => {
    const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);
    await ask(one.url, 'CREATE TABLE mine (id int)');
    expect(await ask(other.url, `SELECT to_regclass('mine') AS found`)).to.deep.equal([{ found: null }]);
    await Promise.all([one.drop(), other.drop()]);
    const { DATABASE_URL } = await stack();
    const left = await ask(DATABASE_URL, `SELECT datname FROM pg_database WHERE datname LIKE 'test_%'`);
    const mine = [one, other].map(({ url }) => new URL(url).pathname.slice(1));
    expect(left.map((row) => (row as { datname: string }).datname)).to.not.include.members(mine);
  });

  it('starts services on free ports, and repeats what one says that cannot start', async () => {
    const running = await startServices(['simulator']);
    const [simulator] = running.processes;
    const response = await fetch(`${running.urls.simulator}/healthz/live`);
    expect(response.status).to.equal(200);
    await running.stop();
    expect(await simulator?.exited).to.deep.equal({ code: 0, signal: null });

    const refused = await startServices(['simulator'], { SIMULATOR_FAIL_RATE: 'often' }).catch(String);
    expect(refused).to.include('simulator ended while starting').and.include('SIMULATOR_FAIL_RATE');
  });
});

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}
