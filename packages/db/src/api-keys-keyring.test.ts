import { apiKeyText, type PresentedKey } from '@fanfare/domain';
import { expect } from 'chai';
import { hashOfKey, type StoredKey } from './api-keys.ts';
import { createKeyring, KEY_FRESH_MS } from './api-keys-keyring.ts';

const GOOD_MS = 5 * 60_000;
const keyOf = (id: string): PresentedKey => {
  const hexId = id.padStart(16, '0');
  return { id: hexId, text: apiKeyText({ id: hexId, secret: id.repeat(64) }) };
};
const KEY = keyOf('a');
const CALLER = { id: KEY.id, scopes: ['send'] };
const stored = ({ id, text }: PresentedKey): StoredKey => ({ id, hash: hashOfKey(text), scopes: ['send'] });

type Answers = () => Promise<StoredKey | null>;

function keyringOn(answer: Answers = () => Promise.resolve(stored(KEY))) {
  const state = { nowMs: 0, answer, asked: 0 };
  const verify = createKeyring({
    findKey: () => {
      state.asked += 1;
      return state.answer();
    },
    monotonic: () => state.nowMs,
  });
  return { state, verify };
}

describe('a keyring', () => {
  it('knows a key for some seconds, then looks again', async () => {
    const { state, verify } = keyringOn();
    expect(await verify(KEY)).to.deep.equal(CALLER);
    state.nowMs = KEY_FRESH_MS - 1;
    expect(await verify(KEY)).to.deep.equal(CALLER);
    expect(state.asked).to.equal(1);
    state.nowMs = KEY_FRESH_MS;
    state.answer = () => Promise.resolve(null);
    expect(await verify(KEY)).to.equal('wrong');
    expect(state.asked).to.equal(2);
  });

  it('looks once for a key, however many come with it at once', async () => {
    const { state, verify } = keyringOn();
    const verdicts = await Promise.all(Array.from({ length: 5_000 }, () => verify(KEY)));
    expect(verdicts.filter((verdict) => typeof verdict === 'string')).to.be.empty;
    expect(state.asked).to.equal(1);
    expect(await verify({ ...KEY, text: keyOf('b').text }), 'another secret').to.equal('wrong');
  });

  it('refuses another secret under a known id', async () => {
    const { verify } = keyringOn();
    expect(await verify(KEY)).to.deep.equal(CALLER);
    expect(await verify({ id: KEY.id, text: `${KEY.text.slice(0, -1)}b` })).to.equal('wrong');
  });

  it('does not remember what was not found', async () => {
    const { state, verify } = keyringOn(() => Promise.resolve(null));
    expect(await verify(KEY)).to.equal('wrong');
    state.answer = () => Promise.resolve(stored(KEY));
    expect(await verify(KEY)).to.deep.equal(CALLER);
  });

  it('goes on with who is known while Postgres is away, and not for ever', async () => {
    const { state, verify } = keyringOn();
    await verify(KEY);
    state.answer = () => Promise.reject(new Error('away'));
    state.nowMs = GOOD_MS - 1;
    expect(await verify(KEY)).to.deep.equal(CALLER);
    expect(await verify(KEY)).to.deep.equal(CALLER);
    expect(state.asked, 'asked again within the time it waits').to.equal(2);
    expect(await verify(keyOf('b'))).to.equal('unknown');
    state.nowMs = GOOD_MS - 1 + KEY_FRESH_MS;
    expect(await verify(KEY)).to.equal('unknown');
  });

  it('does not wait for a Postgres that never answers', async () => {
    const { state, verify } = keyringOn();
    await verify(KEY);
    state.nowMs = KEY_FRESH_MS;
    state.answer = () => new Promise(() => {});
    expect(await verify(KEY)).to.deep.equal(CALLER);
    expect(await verify(keyOf('b'))).to.equal('unknown');
  });

  it('holds a bounded number of keys, the newest', async () => {
    const { state, verify } = keyringOn();
    const many = Array.from({ length: 10_001 }, (_, index) => keyOf(index.toString(16)));
    for (const key of many) {
      state.answer = () => Promise.resolve(stored(key));
      await verify(key);
    }
    state.answer = () => Promise.reject(new Error('away'));
    const [first, second] = many;
    expect(await verify(first ?? KEY)).to.equal('unknown');
    expect(await verify(second ?? KEY)).to.have.property('id');
  });
});
