import { eventually, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { connectRedis, type RedisHandle } from './connect.ts';
import { untilThere } from './pace-fixture.test.ts';
import { createPresence, type Presence } from './presence.ts';

describe('presence', () => {
  let redis: RedisHandle;
  let key: string;
  let elapsedMs: number;
  let tests = 0;
  const present = new Map<string, Presence>();

  beforeEach(async () => {
    tests += 1;
    key = `presence-test-${process.pid}-${tests}`;
    elapsedMs = 0;
    redis = connectRedis({ url: (await stack()).REDIS_URL, name: key, log: { info: told, warn: told } });
    await untilThere(redis);
  });
  afterEach(async () => {
    for (const replica of present.keys()) await leave(replica);
    redis.close();
  });

  it('gives each replica a place of its own, whoever came or told last', async () => {
    for (const replica of ['c', 'a', 'b']) arrive(replica);
    await allTell();
    expect(places()).to.deep.equal({ a: [0, 3], b: [1, 3], c: [2, 3] });
    await leave('b');
    await allTell();
    expect(places()).to.deep.equal({ a: [0, 2], c: [1, 2] });
  });

  it('forgets who has not told for long', async () => {
    arrive('a');
    await allTell();
    elapsedMs += 12_000;
    arrive('b');
    await allTell(['b']);
    expect(places()).to.deep.include({ b: [1, 2] });
    elapsedMs += 2_000;
    await allTell(['b']);
    expect(places()).to.deep.include({ b: [0, 1] });
  });

  it('tells once a second, however busy it is', async () => {
    let signs = 0;
    const counting = {
      ...redis,
      signIn: (...sign: Parameters<RedisHandle['signIn']>) => (signs++, redis.signIn(...sign)),
    };
    const one = arrive('a', counting);
    for (let times = 0; times < 100; times += 1) one.busy();
    elapsedMs += 999;
    one.busy();
    expect(signs).to.equal(1);
    elapsedMs += 1;
    one.busy();
    one.busy();
    expect(signs).to.equal(2);
  });

  it('tells with the next question after Redis did not hear', async () => {
    let isAway = true;
    const flaky: RedisHandle = {
      ...redis,
      signIn: (sign) => (isAway ? Promise.resolve(null) : redis.signIn(sign)),
    };
    arrive('b');
    const one = arrive('a', flaky);
    await settled();
    expect(one.place()).to.deep.equal({ rank: 0, count: 1 });
    isAway = false;
    one.busy();
    await eventually(() => expect(one.place()).to.deep.equal({ rank: 0, count: 2 }));
  });

  function arrive(replica: string, handle: RedisHandle = redis): Presence {
    const one = createPresence({ redis: handle, key, replica, now, monotonic });
    present.set(replica, one);
    return one;
  }

  function monotonic(): number {
    return elapsedMs;
  }

  function now(): number {
    return 1_800_000_000_000 + elapsedMs;
  }

  async function leave(replica: string): Promise<void> {
    await present.get(replica)?.leave();
    present.delete(replica);
  }

  /** Twice, so that the first has heard of the last. */
  async function allTell(replicas = [...present.keys()]): Promise<void> {
    for (const replica of [...replicas, ...replicas]) {
      elapsedMs += 1_000;
      present.get(replica)?.busy();
      await settled();
    }
  }

  /** The answers come in the order of the questions. */
  async function settled(): Promise<void> {
    await redis.check();
    await new Promise(setImmediate);
  }

  function places(): Record<string, [number, number]> {
    const entries = Array.from(present, ([replica, one]) => [replica, one.place()] as const);
    return Object.fromEntries(entries.map(([replica, { rank, count }]) => [replica, [rank, count]]));
  }
});

function told(): void {}
