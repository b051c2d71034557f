import { hash, randomUUID } from 'node:crypto';
import { eventually, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { connectRedis, type RedisHandle } from './connect.ts';
import { idempotencyCache, type RequestKey } from './idempotency.ts';
import { type Network, openNetwork } from './network-fixture.test.ts';

const SPAN_MS = 5 * 60_000;

describe('idempotency cache', () => {
  let network: Network;
  let redis: RedisHandle;

  beforeEach(async () => {
    network = await openNetwork(new URL((await stack()).REDIS_URL));
    const log = { info: () => {}, warn: () => {} };
    redis = connectRedis({ url: network.url, name: `idempotency-test-${process.pid}`, log });
    await eventually(() => redis.check());
  });
  afterEach(async () => {
    redis.close();
    await network.close();
  });

  it('remembers what was stored under a key, and nothing else', async () => {
    const [one, two, unknown] = [key(), key(), key()];
    const uses = [
      { ...one, resource_id: randomUUID() },
      { ...two, resource_id: randomUUID(), resource_version: 7 },
    ];
    await redis.rememberUses(uses);
    const [elsewhere, otherwise] = [
      { ...one, path: '/other' },
      { ...one, digest: Buffer.from('other') },
    ];
    expect(await redis.recallUses([two, unknown, one, elsewhere, otherwise])).to.deep.equal([
      { resource_id: uses[1]?.resource_id, resource_version: 7 },
      null,
      { resource_id: uses[0]?.resource_id, resource_version: null },
      null,
      null,
    ]);
  });

  it('tells callers, paths and keys apart however they are put together', async () => {
    const one = { ...key(), caller: 'a', path: 'b c', key: randomUUID() };
    await redis.rememberUses([{ ...one, resource_id: randomUUID() }]);
    expect(await redis.recallUses([{ ...one, caller: 'a b', path: 'c' }])).to.deep.equal([null]);
  });

  it('keeps it for five to ten minutes, under a name that does not tell the key', async () => {
    const client = new Redis((await stack()).REDIS_URL);
    try {
      const start = 1e9 * (1 + Math.random());
      let atMs = start - (start % SPAN_MS);
      const cache = idempotencyCache(client, () => atMs);
      await eventually(() => client.ping());
      const [one, other] = [key(), key()];
      await cache.rememberUses([{ ...one, resource_id: randomUUID() }]);
      const [name = ''] = await client.keys(`idempotency:${atMs / SPAN_MS}`);
      expect((await client.hkeys(name)).join()).to.not.include(one.key);
      expect(await client.pttl(name)).to.be.within(2 * SPAN_MS, 3 * SPAN_MS);
      atMs += 2 * SPAN_MS - 1;
      expect(await cache.recallUses([one])).to.not.deep.equal([null]);
      atMs += 1;
      expect(await cache.recallUses([one])).to.deep.equal([null]);
      await cache.rememberUses([{ ...other, resource_id: randomUUID() }]);
      expect(await client.exists(name)).to.equal(0);
    } finally {
      client.disconnect();
    }
  });

  it('knows nothing, at once, while Redis is away, and what it knew when it is back', async () => {
    const one = key();
    await redis.rememberUses([{ ...one, resource_id: randomUUID() }]);
    await network.cut();
    await eventually(async () => expect(await redis.check().catch(() => 'away')).to.equal('away'));
    expect(await redis.recallUses([one, one])).to.deep.equal([null, null]);
    await redis.rememberUses([{ ...key(), resource_id: randomUUID() }]);
    await network.mend();
    await eventually(async () => expect((await redis.recallUses([one]))[0]).to.not.equal(null));
  });

  it('takes what is none of ours for nothing', async () => {
    const one = key();
    await redis.rememberUses([{ ...one, resource_id: 'rubbish' }]);
    expect(await redis.recallUses([one])).to.deep.equal([null]);
  });
});

function key(): RequestKey {
  const digest = hash('sha256', 'a body', 'buffer');
  return { caller: 'anonymous', path: '/api/v1/notifications', key: randomUUID(), digest };
}
