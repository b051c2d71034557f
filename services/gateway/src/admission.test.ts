import { ANONYMOUS, apiKeyText, type Caller, type Scope } from '@fanfare/domain';
import { expect } from 'chai';
import { admit, type AdmissionDeps } from './admission.ts';

const ID = '0'.repeat(16);
const KEY = apiKeyText({ id: ID, secret: 'a'.repeat(64) });
const PAGE = 'https://app.example.com';

function depsOf(scopes: Scope[] | null = ['read'], change: Partial<AdmissionDeps> = {}): AdmissionDeps {
  return {
    verifyKey: scopes === null ? null : ({ text }) => (text === KEY ? { id: ID, scopes } : 'wrong'),
    readTicket: (text) =>
      Promise.resolve(text === 'good' ? ({ id: 'other', scopes: ['read'] } satisfies Caller) : null),
    allowedOrigins: [PAGE],
    ...change,
  };
}

const bearer = { authorization: `Bearer ${KEY}` };
const ask = async (deps: AdmissionDeps, headers: Record<string, string>, query = '') => {
  const admission = await admit(deps, {
    headers: { host: 'localhost:8080', ...headers },
    query: new URLSearchParams(query),
  });
  return 'caller' in admission ? admission.caller.id : admission.refusal.status;
};

describe('admission', () => {
  it('lets in who has a key that may read, or a ticket', async () => {
    expect(await ask(depsOf(), bearer)).to.equal(ID);
    expect(await ask(depsOf(['admin']), bearer)).to.equal(ID);
    expect(await ask(depsOf(), {}, 'ticket=good')).to.equal('other');
    expect(await ask(depsOf(null), {})).to.equal(ANONYMOUS.id);
    expect(await ask(depsOf(null), {}, 'ticket=any')).to.equal(ANONYMOUS.id);
  });

  it('refuses whoever has not', async () => {
    expect(await ask(depsOf(), {})).to.equal(401);
    expect(await ask(depsOf(), { authorization: `Bearer ${KEY.slice(0, -1)}b` })).to.equal(401);
    expect(await ask(depsOf(), {}, 'ticket=over')).to.equal(401);
    expect(await ask(depsOf(['send']), bearer)).to.equal(403);
    const away = depsOf(['read'], { readTicket: () => Promise.reject(new Error('away')) });
    expect(await ask(away, {}, 'ticket=good')).to.equal(503);
  });

  it('refuses a key in the address, whether or not it would be good', async () => {
    for (const query of [`api_key=${KEY}`, `token=${KEY}`, 'access_token=x'])
      for (const deps of [depsOf(), depsOf(null)]) expect(await ask(deps, bearer, query)).to.equal(400);
  });

  it('lets pages in from the address itself and from where it is allowed, and no others', async () => {
    for (const origin of [PAGE, 'http://localhost:8080', 'https://localhost:8080'])
      expect(await ask(depsOf(null), { origin }), origin).to.equal(ANONYMOUS.id);
    for (const origin of [
      'https://evil.example',
      'null',
      '',
      'http://localhost:8081',
      `${PAGE}.evil.example`,
    ])
      expect(await ask(depsOf(null), { origin }), origin).to.equal(403);
  });
});
