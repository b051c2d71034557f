import { openKeyring } from '@fanfare/db';
import { useDatabase } from '@fanfare/db/fixture';
import { isRefusal, authenticate } from '@fanfare/domain';
import { expect } from 'chai';
import { useApi } from './fixture.ts';

function idOf(key: string): string {
  return key.split('_')[1] ?? '';
}

describe('fanfare keys', () => {
  const test = useDatabase();
  const api = useApi();
  const call = (words: string | string[]) => api.call(words, [], { databaseUrl: test.url });
  beforeEach(() => test.sql('TRUNCATE api_keys'));

  async function scopesOf(key: string): Promise<readonly string[] | number> {
    const caller = await authenticate(
      { verifyKey: openKeyring(test.db) },
      { authorization: `Bearer ${key}` },
    );
    return isRefusal(caller) ? caller.status : caller.scopes;
  }

  it('makes a key that is taken, and prints nothing else', async () => {
    const { code, out, err } = await call(['keys', 'create', '--name', 'the shop', '--scopes', 'read, send']);
    expect(code).to.equal(0);
    expect(out).to.match(/^fanfare_[0-9a-f]{16}_[0-9a-f]{64}\n$/);
    expect(err).to.include('the shop').and.to.include(idOf(out)).and.not.to.include(out.trim());
    expect(await scopesOf(out.trim())).to.deep.equal(['send', 'read']);
    expect(await scopesOf(`${out.trim().slice(0, -1)}x`)).to.equal(401);
  });

  it('makes keys that send and read unless told otherwise', async () => {
    expect(await scopesOf((await call('keys create --name a')).out.trim())).to.deep.equal(['send', 'read']);
    expect(await scopesOf((await call('keys create --name b --scopes admin')).out.trim())).to.deep.equal([
      'admin',
    ]);
  });

  it('makes none without a name, or with scopes that nothing knows', async () => {
    for (const words of [
      '',
      '--name ',
      '--name a --scopes everything',
      '--name a --scopes send,',
      '--name a\u0007',
    ])
      expect(await call(['keys', 'create', ...words.split(' ').filter(Boolean)]), words).to.include({
        code: 2,
        out: '',
      });
    expect((await call('keys ls')).err).to.include('keys create');
  });

  it('lists keys without their secrets, in a table and as JSON', async () => {
    const { out: key } = await call('keys create --name shop');
    const { out } = await call('keys ls');
    const [headers, row] = out.split('\n');
    expect(headers).to.match(/^ID +MADE +REVOKED +SCOPES +NAME$/);
    expect(row)
      .to.include(idOf(key))
      .and.to.include('send,read')
      .and.to.match(/ shop$/);
    const listed: unknown = JSON.parse((await call('keys ls --json')).out);
    expect(listed).to.have.nested.property('items[0].id', idOf(key));
    expect(listed).to.have.nested.property('items[0].revoked_at', null);
    expect(`${out}${JSON.stringify(listed)}`).to.not.include(key.trim().split('_')[2]);
  });

  it('revokes keys, and says which are none', async () => {
    const { out: key } = await call('keys create --name shop');
    const { code, out, err } = await call(`keys revoke ${idOf(key)} nobody`);
    expect([code, out, err]).to.deep.equal([
      1,
      `${idOf(key)} (shop) is revoked.\n`,
      'There is no key nobody.\n',
    ]);
    expect(await scopesOf(key.trim())).to.equal(401);
    expect((await call('keys ls --json')).out).to.not.include('"revoked_at": null');
    expect((await call('keys revoke')).code).to.equal(2);
  });

  it('says where it looked when Postgres is not there', async () => {
    const { code, err } = await api.call('keys ls');
    expect(code).to.equal(1);
    expect(err).to.include('Postgres cannot be asked').and.to.include('DATABASE_URL');
  });
});

describe('commands that use REST', () => {
  const { call, authorizations } = useApi();

  it('send the key they were given, and none otherwise', async () => {
    const empty = { body: { items: [], next_cursor: null } };
    await call('lanes ls', [{ body: { items: [] } }], { apiKey: 'fanfare_1_2' });
    await call('dlq ls', [empty], { apiKey: 'fanfare_1_2' });
    await call('dlq ls', [empty]);
    expect(authorizations()).to.deep.equal(['Bearer fanfare_1_2', 'Bearer fanfare_1_2', undefined]);
  });

  it('say what the API says of a key', async () => {
    const body = { title: 'A valid API key is needed', detail: 'the API key is not known, or was revoked' };
    const { code, err } = await call('lanes ls', [{ status: 401, body }]);
    expect([code, err]).to.deep.equal([
      1,
      'A valid API key is needed: the API key is not known, or was revoked. FANFARE_API_KEY is the key that is sent.\n',
    ]);
  });
});
