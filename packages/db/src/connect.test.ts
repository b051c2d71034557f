import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { useDatabase } from './fixture.ts';
import { connectDatabase, type Database, DatabaseAway, RowRefused } from './index.ts';

function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

function ask(db: Database, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return db.query({ name: '', text }, values);
}

describe('database connection', () => {
  const test = useDatabase();

  it('reads counts as numbers and times as epoch milliseconds, wherever server and client are', async () => {
    await ask(
      test.db,
      `ALTER DATABASE "${new URL(test.url).pathname.slice(1)}" SET datestyle = 'German, DMY'`,
    );
    const elsewhere = test.connect();
    const times = [
      [`'2030-01-31 09:00:00.123+00'`, '2030-01-31T09:00:00.123Z'],
      [`'2030-01-31 09:00:00+05:30'`, '2030-01-31T03:30:00.000Z'],
      [`'2030-07-01 00:00:00.1'`, '2030-07-01T00:00:00.100Z'],
      [`'2030-07-01 00:00:00.123999+00'`, '2030-07-01T00:00:00.123Z'],
      [`'9999-12-31 23:59:59.999+00'`, '9999-12-31T23:59:59.999Z'],
      [`'1970-01-01 00:00:00+00'`, '1970-01-01T00:00:00.000Z'],
    ];
    for (const [literal, iso = ''] of times)
      expect(await ask(elsewhere, `SELECT ${literal}::timestamptz AS at`)).to.deep.equal([
        { at: Date.parse(iso) },
      ]);
    expect(
      await ask(elsewhere, 'SELECT 2::bigint ^ 40 AS a, count(*) AS b, NULL::timestamptz AS c'),
    ).to.deep.equal([{ a: 2 ** 40, b: 1, c: null }]);
  });

  it('runs a statement of one name with other values on the same connection', async () => {
    const one = test.connect(1);
    const statement = { name: 'echo', text: 'SELECT $1::text AS said' };
    for (const said of ['a', 'b', null]) expect(await one.query(statement, [said])).to.deep.equal([{ said }]);
  });

  const REFUSED: Record<string, string> = {
    'text with NUL': `SELECT $1::text`,
    'a number out of range': 'SELECT 3000000000::integer',
    'a division by zero': 'SELECT 1 / 0',
    'what a constraint forbids': `INSERT INTO outbox (id, notification_ids) VALUES (gen_random_uuid(), NULL)`,
  };
  for (const [what, text] of Object.entries(REFUSED))
    it(`says that ${what} can never be stored`, async () => {
      const error = await errorOf(ask(test.db, text, text.includes('$1') ? ['\0'] : []));
      expect(error).to.be.instanceOf(RowRefused);
    });

  const AWAY: Record<string, string> = {
    'a table that is not there yet': 'SELECT * FROM nowhere',
    'a server that may only be read': "SELECT set_config('transaction_read_only', 'on', true), nextval('s')",
    'an error inside the server': `DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'XX000'; END $$`,
    'a session that was ended': 'SELECT pg_terminate_backend(pg_backend_pid())',
    'a deadlock that never ends': `DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$`,
    'memory that ran out': `DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53200'; END $$`,
  };
  for (const [what, text] of Object.entries(AWAY))
    it(`says that the same may succeed later after ${what}`, async () => {
      await ask(test.db, 'CREATE SEQUENCE IF NOT EXISTS s');
      expect(await errorOf(ask(test.connect(1), text))).to.be.instanceOf(DatabaseAway);
    });

  it('asks again when a statement lost to another', async () => {
    await ask(test.db, 'CREATE SEQUENCE tries');
    const text = `DO $$ BEGIN
      IF nextval('tries') < 4 THEN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END IF;
    END $$`;
    await ask(test.db, text);
    expect(await ask(test.db, 'SELECT last_value FROM tries')).to.deep.equal([{ last_value: 4 }]);
  });

  it('goes on after its connections were ended', async () => {
    const lost: Error[] = [];
    const db = connectDatabase({
      url: test.url,
      connectionsMax: 2,
      log: { warn: (_, { error }) => lost.push(error) },
    });
    const [{ pid } = {}] = await ask(db, 'SELECT pg_backend_pid() AS pid');
    const gone = new Promise((resolve) => {
      const wait = (): void => (lost.length > 0 ? resolve(undefined) : void setImmediate(wait));
      wait();
    });
    await ask(test.db, 'SELECT pg_terminate_backend($1)', [pid]);
    await gone;
    await db.check();
    await db.close();
  });

  it('says that it is away when nobody listens, without being asked to connect before', async () => {
    const nobody = connectDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing' });
    expect(await errorOf(ask(nobody, 'SELECT 1'))).to.be.instanceOf(DatabaseAway);
    expect(await errorOf(nobody.check())).to.be.instanceOf(DatabaseAway);
    await nobody.close();
  });

  it('checks within 2 s, even when the server takes the connection and says nothing', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const db = connectDatabase({ url: `postgres://fanfare@127.0.0.1:${port}/x` });
    const error = await errorOf(db.check());
    for (const socket of sockets) socket.destroy();
    expect(error).to.be.instanceOf(DatabaseAway).and.to.have.property('message').that.includes('2000 ms');
    await db.close();
    server.close();
  });
});
