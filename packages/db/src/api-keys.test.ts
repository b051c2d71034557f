import { randomBytes } from 'node:crypto';
import { readBearer } from '@fanfare/domain';
import { expect } from 'chai';
import { hashOfKey } from './api-keys.ts';
import { useDatabase } from './fixture.ts';
import { createApiKey, findApiKeys, listApiKeys, revokeApiKey, RowRefused } from './index.ts';

describe('API keys', () => {
  const test = useDatabase();
  beforeEach(() => test.sql('TRUNCATE api_keys'));

  it('are found by their id, with the hash of their text', async () => {
    const { id, text } = await createApiKey(test.db, { name: 'shop', scopes: ['send', 'read'] });
    expect(readBearer(`Bearer ${text}`)).to.deep.equal({ id, text });
    const [unknown, found] = await findApiKeys(test.db, ['0'.repeat(16), id]);
    expect(unknown).to.equal(null);
    expect(found).to.deep.equal({ id, hash: hashOfKey(text), scopes: ['send', 'read'] });
  });

  it('leave nothing of their secret in the table', async () => {
    const { text } = await createApiKey(test.db, { name: 'shop', scopes: ['send'] });
    const [row] = await test.sql<{ all: string }>('SELECT api_keys::text AS all FROM api_keys');
    const secret = text.split('_')[2] ?? '';
    expect(secret).to.have.length(64);
    expect(row?.all).to.include('shop').and.not.include(secret);
  });

  it('are each another, of as much randomness as they say', async () => {
    const sizes: number[] = [];
    const made = ['a', 'b'].map((name) =>
      createApiKey(test.db, { name, scopes: ['read'] }, (bytes) => {
        sizes.push(bytes);
        return randomBytes(bytes);
      }),
    );
    const texts = (await Promise.all(made)).map(({ text }) => text);
    expect(new Set(texts).size).to.equal(2);
    expect(sizes).to.deep.equal([8, 32, 8, 32]);
  });

  it('are found no more once revoked, and stay revoked since then', async () => {
    const { id } = await createApiKey(test.db, { name: 'shop', scopes: ['admin'] });
    const revoked = await revokeApiKey(test.db, id);
    expect(revoked?.revoked_at).to.be.a('number');
    expect(await findApiKeys(test.db, [id])).to.deep.equal([null]);
    expect(await revokeApiKey(test.db, id)).to.deep.equal(revoked);
    expect(await listApiKeys(test.db)).to.deep.equal([revoked]);
    expect(await revokeApiKey(test.db, 'nobody')).to.equal(null);
  });

  it('are not stored with scopes that nothing knows, or none', async () => {
    const refused = await Promise.all(
      [[], ['everything']].map((scopes) =>
        createApiKey(test.db, { name: 'x', scopes: scopes as 'send'[] }).catch((error: unknown) => error),
      ),
    );
    for (const error of refused) expect(error).to.be.instanceOf(RowRefused);
  });
});
