import { eventually, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { connectRedis, type RedisHandle } from './connect.ts';
import { type Network, openNetwork } from './network-fixture.test.ts';

/** Each test speaks on channels of its own; a proxy in front of Redis stands in for the network. */
describe('redis', () => {
  let network: Network;
  let redis: RedisHandle;
  let lines: string[];
  let prefix: string;
  let tests = 0;

  beforeEach(async () => {
    network = await openNetwork(new URL((await stack()).REDIS_URL));
    lines = [];
    tests += 1;
    prefix = `redis-test-${process.pid}-${tests}`;
    const log = (message: string): void => void lines.push(message);
    redis = connectRedis({ url: network.url, name: prefix, log: { info: log, warn: log } });
  });
  afterEach(async () => {
    redis.close();
    await network.close();
  });

  const message = (text: string) => ({ channel: `${prefix}:1`, message: text });

  it('brings messages to whoever listens, in order', async () => {
    const heard = await listen();
    const sent = Array.from({ length: 500 }, (_, index) => `${index} Günaydın 👋`);
    expect(await redis.publishFrames(sent.map(message))).to.equal(0);
    expect(await heard.take(500)).to.deep.equal(sent);
  });

  it('publishes nothing without a round trip', async () => {
    expect(await redis.publishFrames([])).to.equal(0);
  });

  it('loses messages at once while Redis is away, says so once, and takes them again when it is back', async () => {
    await ready();
    await network.cut();
    await untilLost();
    for (let times = 0; times < 100; times += 1)
      expect(await redis.publishFrames([message('lost'), message('lost')])).to.equal(2);
    expect(await errorOf(redis.check())).to.be.an('error');
    await network.mend();
    await ready();
    expect(lines).to.deep.equal(['Redis is away', 'Redis is back']);
  });

  it('does not wait for a frozen Redis a second time', async () => {
    await ready();
    network.freeze();
    expect(await redis.publishFrames([message('a')])).to.equal(1);
    const answers = Array.from({ length: 100 }, () => redis.publishFrames([message('b')]));
    // Whatever asks Redis, or waits for a deadline, comes after this turn of the event loop.
    const nextTurn = new Promise((resolve) => setImmediate(resolve, 'too late'));
    expect(await Promise.race([Promise.all(answers), nextTurn])).to.deep.equal(answers.map(() => 1));
    network.thaw();
    await ready();
  });

  it('listens again after the connection was lost, and says when', async () => {
    const heard = await listen();
    await network.cut();
    await network.mend();
    await heard.subscribed();
    await ready();
    expect(await redis.publishFrames([message('after')])).to.equal(0);
    expect(await heard.take(1)).to.deep.equal(['after']);
  });

  it('counts for all, and forgets a counter nobody adds to', async () => {
    await ready();
    const counts = [3, 4, 0].map((count) => redis.reserve({ key: prefix, count, keptMs: 10_000 }));
    expect(await Promise.all(counts)).to.deep.equal([0, 3, 7]);
    const brief = { key: prefix, count: 1, keptMs: 1 };
    expect(await redis.reserve(brief)).to.equal(7);
    await eventually(async () => expect(await redis.reserve(brief)).to.equal(0));
  });

  it('knows who has signed in of late', async () => {
    await ready();
    const sign = { key: prefix, lifeMs: 1_000 };
    await redis.signIn({ ...sign, member: 'a', epochMs: 5_000 });
    await redis.signIn({ ...sign, member: 'b', epochMs: 5_500 });
    expect(await redis.signIn({ ...sign, member: 'c', epochMs: 6_001 })).to.have.members(['b', 'c']);
    await redis.signOut({ key: prefix, member: 'b' });
    expect(await redis.signIn({ ...sign, member: 'c', epochMs: 6_002 })).to.deep.equal(['c']);
  });

  it('says at once when nothing can be counted', async () => {
    await ready();
    await redis.signIn({ key: prefix, member: 'not a counter', epochMs: 0, lifeMs: 10_000 });
    expect(await redis.reserve({ key: prefix, count: 1, keptMs: 10_000 })).to.equal(null);
    await network.cut();
    await untilLost();
    expect(await redis.reserve({ key: prefix, count: 1, keptMs: 10_000 })).to.equal(null);
    expect(await redis.signIn({ key: prefix, member: 'a', epochMs: 0, lifeMs: 1 })).to.equal(null);
    await redis.signOut({ key: prefix, member: 'a' });
  });

  it('starts while Redis is away', async () => {
    await network.cut();
    redis.close();
    redis = connectRedis({
      url: network.url,
      name: prefix,
      log: { info: () => {}, warn: () => {} },
    });
    const subscribed = new Promise<void>((resolve) =>
      redis.subscribe({ pattern: `${prefix}:*`, onMessage: () => {}, onSubscribed: resolve }),
    );
    await network.mend();
    await subscribed;
    await ready();
  });

  async function listen() {
    const messages: string[] = [];
    const waiting: { check: () => void }[] = [];
    let subscriptions = Promise.withResolvers<void>();
    redis.subscribe({
      pattern: `${prefix}:*`,
      onMessage: (text) => {
        messages.push(text);
        for (const { check } of waiting) check();
      },
      onSubscribed: () => subscriptions.resolve(),
    });
    await subscriptions.promise;
    subscriptions = Promise.withResolvers();
    await ready();
    return {
      subscribed: () => subscriptions.promise,
      take: (count: number) =>
        new Promise<string[]>((resolve) => {
          const check = (): void => {
            if (messages.length >= count) resolve(messages.splice(0, count));
          };
          waiting.push({ check });
          check();
        }),
    };
  }

  /** Resolves when both directions work. */
  async function ready(): Promise<void> {
    while ((await errorOf(redis.check())) !== null) await soon();
  }

  async function untilLost(): Promise<void> {
    while ((await errorOf(redis.check())) === null) await soon();
  }
});

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
