import { expect } from 'chai';
import fc from 'fast-check';
import {
  ANONYMOUS,
  apiKeyText,
  authenticate,
  type Caller,
  isRefusal,
  type PresentedKey,
  readBearer,
  scopeRefusal,
  SCOPES,
  type Verdict,
} from './api-key.ts';

const ID = '0123456789abcdef';
const TEXT = apiKeyText({ id: ID, secret: 'a'.repeat(64) });
const SENDER: Caller = { id: ID, scopes: ['send'] };

function hex(length: number) {
  return fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
}

async function ask(authorization: string | undefined, verdict: Verdict) {
  const asked: PresentedKey[] = [];
  const verifyKey = (key: PresentedKey): Verdict => {
    asked.push(key);
    return verdict;
  };
  return { answer: await authenticate({ verifyKey }, { authorization }), asked };
}

async function refusalOf(authorization: string | undefined, verdict: Verdict) {
  const { answer, asked } = await ask(authorization, verdict);
  if (!isRefusal(answer)) throw new Error('it was not refused');
  return { ...answer, asked };
}

describe('authenticate', () => {
  it('tells the caller by the key that was sent', async () => {
    const { answer, asked } = await ask(`Bearer ${TEXT}`, SENDER);
    expect(answer).to.equal(SENDER);
    expect(asked).to.deep.equal([{ id: ID, text: TEXT }]);
  });

  it('takes everybody where no key is asked for, with or without one', async () => {
    for (const authorization of [undefined, 'Basic eDp5', `Bearer ${TEXT}`])
      expect(await authenticate({ verifyKey: null }, { authorization })).to.equal(ANONYMOUS);
  });

  it('asks for a key where there is none, and looks nothing up', async () => {
    const { status, headers, asked } = await refusalOf(undefined, SENDER);
    expect([status, headers['www-authenticate'], asked]).to.deep.equal([401, 'Bearer realm="fanfare"', []]);
  });

  it('looks nothing up that cannot be a key', async () => {
    for (const header of [
      '',
      'Bearer',
      'Bearer x',
      `Basic ${TEXT}`,
      `Bearer ${TEXT}0`,
      TEXT,
      `Bearer x ${TEXT}`,
    ]) {
      const { status, headers, asked } = await refusalOf(header, SENDER);
      expect([status, asked], header).to.deep.equal([401, []]);
      expect(headers['www-authenticate'], header).to.include('error="invalid_token"');
    }
  });

  it('refuses a wrong key, and one that cannot be looked up otherwise', async () => {
    expect((await refusalOf(`Bearer ${TEXT}`, 'wrong')).status).to.equal(401);
    const { status, headers } = await refusalOf(`Bearer ${TEXT}`, 'unknown');
    expect([status, headers]).to.deep.equal([503, { 'retry-after': '1' }]);
  });

  it('says nothing of the key that was sent', async () => {
    for (const verdict of ['wrong', 'unknown'] as const)
      expect(JSON.stringify({ ...(await refusalOf(`Bearer ${TEXT}`, verdict)), asked: null })).to.not.include(
        ID,
      );
  });
});

describe('scopes', () => {
  it('allow what they name, and admin everything', () => {
    const allowed = SCOPES.map((has) =>
      SCOPES.filter((needed) => scopeRefusal({ id: ID, scopes: [has] }, needed) === null),
    );
    expect(allowed).to.deep.equal([['send'], ['read'], ['send', 'read', 'admin']]);
  });

  it('are named in the refusal', () => {
    const { status, headers } = scopeRefusal(SENDER, 'read') ?? {};
    expect([status, headers?.['www-authenticate']]).to.deep.equal([
      403,
      'Bearer realm="fanfare", error="insufficient_scope", scope="read"',
    ]);
  });
});

describe('readBearer', () => {
  it('takes any text, and only keys', () => {
    fc.assert(
      fc.property(hex(16), hex(64), (id, secret) => {
        const text = apiKeyText({ id, secret });
        expect(readBearer(`bearer  ${text} `)).to.deep.equal({ id, text });
        expect(readBearer(text)).to.equal(null);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => readBearer(text) === null));
    expect(readBearer(`Bearer${' '.repeat(200_000)}`)).to.equal(null);
  });

  it('takes a key as it was made, not in capitals', () => {
    expect(readBearer(`Bearer ${TEXT.toUpperCase()}`)).to.equal(null);
  });
});
