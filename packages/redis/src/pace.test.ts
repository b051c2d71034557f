import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import fc from 'fast-check';
import { connectRedis, type RedisHandle } from './connect.ts';
import { type Network, openNetwork } from './network-fixture.test.ts';
import { createPace, type Pace, type PaceOptions } from './pace.ts';
import {
  epochMs,
  type Saturated,
  saturate,
  slidingSeconds,
  type Span,
  takeAll,
  untilThere,
} from './pace-fixture.test.ts';
import { allowanceOf } from './pace-slices.ts';

/** Each test has limits of its own. */
describe('limit over replicas', () => {
  let network: Network;
  let redis: RedisHandle;
  let lines: string[];
  let name: string;
  let tests = 0;
  let paces: Pace[];

  beforeEach(async () => {
    network = await openNetwork(new URL((await stack()).REDIS_URL));
    [lines, paces] = [[], []];
    tests += 1;
    name = `pace-test-${process.pid}-${tests}`;
    redis = connectRedis({ url: network.url, name, log: { info: () => {}, warn: () => {} } });
    await untilThere(redis);
  });
  afterEach(async () => {
    await Promise.all(paces.map((opened) => opened.close()));
    redis.close();
    await network.close();
  });

  function defaults(): PaceOptions {
    return { redis, name, perSecond: 100, replica: 'a', now: epochMs, log: { info: told, warn: told } };
  }

  function told(message: string): void {
    lines.push(message);
  }

  function pace(options: Partial<PaceOptions> = {}): Pace {
    const opened = createPace({ ...defaults(), ...options });
    paces.push(opened);
    return opened;
  }

  /** Resolves when what was asked before is answered: the answers come in the order of the questions. */
  async function settled(): Promise<void> {
    await redis.check();
    await new Promise(setImmediate);
  }

  describe('over all replicas', () => {
    it('keeps to the limit and uses it, with two and four of them in a process', async () => {
      const url = (await stack()).REDIS_URL;
      const groups = [
        limits(2, 100),
        limits(2, 1_000),
        limits(2, 7),
        limits(4, 100),
        limits(4, 1_000),
        limits(4, 7),
      ];
      const span = spanFromNow(6_000);
      const logs = await Promise.all(groups.map((group) => saturate(url, group, span.toMs)));
      for (const [index, group] of groups.entries()) expectKept(group, logs[index] ?? [], span);
    });

    it('keeps to the limit and uses it, with two processes', async () => {
      const url = (await stack()).REDIS_URL;
      const groups = [limits(2, 100), limits(2, 1_000), limits(2, 7)];
      const span = spanFromNow(7_000);
      const processes = [0, 1].map((index) => groups.map((group) => group[index]).filter(isSaturated));
      const logs = await Promise.all(processes.map((own) => saturateElsewhere(url, own, span.toMs)));
      for (const [index, group] of groups.entries())
        expectKept(
          group,
          logs.map((log) => log[index] ?? []),
          span,
        );
    });

    it('gives each its share, although the clock of one is ahead', async () => {
      const early = pace({ replica: 'early', now: () => epochMs() + 30 });
      const late = pace({ replica: 'late' });
      const untilMs = epochMs() + 4_000;
      const logs = await Promise.all([takeAll(early, untilMs), takeAll(late, untilMs)]);
      // They know of each other after a second. Without shares the one whose clock is ahead has everything.
      const counts = logs.map((log) => log.filter((ms) => ms > untilMs - 2_000).length);
      expect(Math.min(...counts), counts.join(' and ')).to.be.above(60);
    });
  });

  describe('while Redis is away', () => {
    it('goes on with a share for each replica, and takes from the whole again when it is back', async () => {
      const seen = new Map<string, number>();
      const watched: RedisHandle = {
        ...redis,
        signIn: async (sign) => {
          const replicas = await redis.signIn(sign);
          if (replicas !== null) seen.set(sign.member, replicas.length);
          return replicas;
        },
      };
      const both = ['a', 'b'].map((replica) => pace({ replica, redis: watched }));
      const logs = both.map((): number[] => []);
      const working = Promise.all(both.map((one, index) => work(one, logs[index] ?? [])));
      await eventually(() => expect([...seen.values()]).to.deep.equal([2, 2]));

      await network.cut();
      await eventually(() => expect(lines).to.have.length(2));
      for (const log of logs) log.length = 0;
      const awayFromMs = epochMs();
      const span = { fromMs: awayFromMs, toMs: awayFromMs + 2_500 };
      await eventually(() => expect(epochMs()).to.be.above(span.toMs));
      const { used, busiest } = slidingSeconds(logs.flat(), 100, span);
      expect(used).to.be.within(0.8, 1.05);
      expect(busiest).to.be.at.most(120);
      for (const log of logs) expect(log.length / logs.flat().length).to.be.within(0.4, 0.6);

      await network.mend();
      await eventually(() => expect(lines).to.have.length(4));
      const away = 'Redis is away: pacing to a share of the limit';
      const back = 'pacing to the limit of all replicas again';
      expect(lines).to.deep.equal([away, away, back, back]);
      await Promise.all(both.map((one) => one.close()));
      await working;
    });

    it('keeps to the share for as long as another may not have found out that it is back', async () => {
      const elsewhere = await openNetwork(new URL((await stack()).REDIS_URL));
      const other = connectRedis({ url: elsewhere.url, name, log: { info: () => {}, warn: () => {} } });
      await untilThere(other);
      const both = [pace({ replica: 'a' }), pace({ replica: 'b', redis: other })];
      const logs = both.map((): number[] => []);
      const working = Promise.all(both.map((one, index) => work(one, logs[index] ?? [])));
      const key = `pace:${name}:replicas`;
      const sign = { key, member: 'a', lifeMs: 15_000 };
      await eventually(async () =>
        expect(await redis.signIn({ ...sign, epochMs: epochMs() })).to.have.length(2),
      );
      // Either has to be told of the other, with its next sign.
      const knownAtMs = epochMs() + 1_500;
      await eventually(() => expect(epochMs()).to.be.above(knownAtMs));

      await Promise.all([network.cut(), elsewhere.cut()]);
      await eventually(() => expect(lines).to.have.length(2));
      await network.mend();
      await eventually(() => expect(lines).to.have.length(3));
      // As after an outage so long that Redis has forgotten everybody.
      await redis.signOut({ key, member: 'b' });
      const span = { fromMs: epochMs(), toMs: epochMs() + 1_500 };
      await eventually(() => expect(epochMs()).to.be.above(span.toMs));
      const { used, busiest } = slidingSeconds(logs.flat(), 100, span);
      expect(used).to.be.within(0.8, 1.1);
      expect(busiest).to.be.at.most(120);

      await elsewhere.mend();
      await eventually(() => expect(lines).to.have.length(4));
      await Promise.all(both.map((one) => one.close()));
      await working;
      other.close();
      await elsewhere.close();
    });

    it('has the whole limit for itself if it never saw another', async () => {
      await network.cut();
      await eventually(async () =>
        expect(await redis.reserve({ key: name, count: 0, keptMs: 1 })).to.equal(null),
      );
      const alone = pace({ now: () => at(0) });
      await alone.refill(1_000);
      expect(takeAtHand(alone)).to.equal(10);
    });

    it('does not wait for a frozen Redis longer than once', async () => {
      const one = pace();
      network.freeze();
      await one.refill(1);
      expect(one.tryTake()).to.equal(true);
      network.thaw();
      await eventually(async () => {
        await one.refill(1);
        takeAtHand(one);
        expect(lines.at(-1)).to.equal('pacing to the limit of all replicas again');
      });
    });
  });

  describe('within a slice', () => {
    it('never grants more than the slice has, whoever asks for however many', async () => {
      let slice = 0;
      await fc.assert(
        fc.asyncProperty(rates, fc.array(asks, { minLength: 1, maxLength: 8 }), async (perSecond, script) => {
          slice += 1;
          const granted = [];
          for (const { replica, wanted, elapsedMs } of script) {
            const now = (): number => at(slice * 100 + elapsedMs);
            const one = createPace({ ...defaults(), perSecond, replica, now });
            const refilled = one.refill(wanted);
            await settled();
            granted.push(takeAtHand(one));
            await one.close();
            await refilled;
          }
          const allowance = allowanceOf(Math.floor(at(slice * 100) / 100), perSecond);
          const asked = script.reduce((sum, { wanted }) => sum + wanted, 0);
          const total = granted.reduce((sum, count) => sum + count, 0);
          expect(total).to.be.at.most(allowance);
          // Alone with all of the slice open to it, a replica gets what there is.
          if (script.every(({ elapsedMs }) => elapsedMs >= 50))
            expect(total).to.be.at.least(Math.min(asked, allowance));
        }),
        { numRuns: 100 },
      );
    });

    it('waits for the next one when it is used up, as others do', async () => {
      const clock = { ms: 50 };
      const [first, second] = ['a', 'b'].map((replica) => pace({ replica, now: () => at(clock.ms) }));
      await first?.refill(1_000);
      expect(first && takeAtHand(first)).to.equal(10);
      const waiting = second?.refill(3);
      await settled();
      expect(second?.tryTake()).to.equal(false);
      clock.ms = 150;
      await waiting;
      expect(second && takeAtHand(second)).to.equal(3);
    });

    it('drops what is at hand soon after its end', async () => {
      const clock = { ms: 60 };
      const one = pace({ now: () => at(clock.ms), monotonic: () => clock.ms });
      await one.refill(5);
      expect(one.tryTake()).to.equal(true);
      clock.ms = 119;
      expect(one.tryTake()).to.equal(true);
      clock.ms = 120;
      expect(one.tryTake()).to.equal(false);
    });

    it('uses what Redis was slow to grant', async () => {
      const clock = { ms: 0 };
      const slow: RedisHandle = {
        ...redis,
        reserve: async (reservation) => {
          const before = await redis.reserve(reservation);
          clock.ms += 500;
          return before;
        },
      };
      const one = pace({ redis: slow, now: () => at(clock.ms), monotonic: () => clock.ms });
      await one.refill(5);
      expect([clock.ms, takeAtHand(one)]).to.deep.equal([500, 5]);
    });

    it('asks once for those who ask together', async () => {
      let asked = 0;
      const counting: RedisHandle = {
        ...redis,
        reserve: (reservation) => {
          asked += 1;
          return redis.reserve(reservation);
        },
      };
      const one = pace({ redis: counting, now: () => at(50) });
      await Promise.all([one.refill(2), one.refill(3), one.refill(1)]);
      await one.refill(1);
      expect(asked).to.equal(1);
    });

    it('has tokens ahead at a high limit, so that one question serves many', async () => {
      const one = pace({ perSecond: 1_000_000, now: () => at(0) });
      await one.refill(1);
      expect(takeAtHand(one)).to.equal(100_000 / 32);
    });
  });

  describe('a token given back', () => {
    it('serves who waits', async () => {
      const one = pace({ now: () => at(50) });
      await one.refill(10);
      takeAtHand(one);
      const waiting = one.refill(1);
      await settled();
      one.giveBack();
      await atOnce(waiting);
      expect(takeAtHand(one)).to.equal(1);
    });

    it('is dropped after a slice, and never are there more than a slice has', () => {
      const clock = { ms: 0 };
      const one = pace({ now: () => at(clock.ms), monotonic: () => clock.ms });
      for (let times = 0; times < 100; times += 1) one.giveBack();
      expect(takeAtHand(one)).to.equal(10);
      one.giveBack();
      clock.ms = 100;
      expect(takeAtHand(one)).to.equal(0);
    });
  });

  it('lets whoever waits go on when it closes, and gives nothing more', async () => {
    const one = pace({ perSecond: 1, now: () => at(0) });
    one.giveBack();
    expect(takeAtHand(one)).to.equal(1);
    const waiting = one.refill(1);
    await settled();
    const closed = one.close();
    await atOnce(waiting);
    await closed;
    one.giveBack();
    await one.refill(1);
    expect(one.tryTake()).to.equal(false);
  });

  it('is forgotten by the others when it closes', async () => {
    await pace({ replica: 'b' }).close();
    const sign = { key: `pace:${name}:replicas`, member: 'a', epochMs: epochMs(), lifeMs: 15_000 };
    expect(await redis.signIn(sign)).to.deep.equal(['a']);
  });

  it('without a limit never asks anybody', async () => {
    const one = pace({ perSecond: 0, redis: { reserve: nobody, signIn: nobody, signOut: nobody } });
    for (let times = 0; times < 1_000; times += 1) expect(one.tryTake()).to.equal(true);
    await one.refill(1);
    one.giveBack();
    await one.close();
  });

  it('refuses what is no limit', () => {
    for (const perSecond of [-1, 0.5, NaN, 1_000_001]) expect(() => pace({ perSecond })).to.throw(RangeError);
  });
});

/** A time of a clock that stands still; what is counted is counted under the test's own name. */
function at(ms: number): number {
  return 1_800_000_000_000 + ms;
}

function nobody(): never {
  expect.fail('asked');
}

const rates = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1_000_000 }));
const asks = fc.record({
  replica: fc.constantFrom('a', 'b', 'c'),
  wanted: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 1_000_000 })),
  elapsedMs: fc.nat(99),
});

/** Takes what it can get until the pace is closed. */
async function work(pace: Pace, log: number[]): Promise<void> {
  let isClosed = false;
  while (!isClosed) {
    await pace.refill(1_000);
    isClosed = !pace.tryTake();
    if (!isClosed) log.push(epochMs());
    while (pace.tryTake()) log.push(epochMs());
  }
}

/** Fails when this takes longer than what is under way already: any timer would be later. */
async function atOnce(promise: Promise<void>): Promise<void> {
  const late = new Promise<string>((resolve) => setImmediate(resolve, 'late'));
  expect(await Promise.race([promise.then(() => 'in time'), late])).to.equal('in time');
}

function takeAtHand(pace: Pace): number {
  let count = 0;
  while (pace.tryTake()) count += 1;
  return count;
}

function limits(replicas: number, perSecond: number): Saturated[] {
  const name = `pace-test-${process.pid}-${replicas}-${perSecond}-${epochMs()}`;
  return Array.from({ length: replicas }, (_, index) => ({ name, perSecond, replica: `replica-${index}` }));
}

function isSaturated(limit: Saturated | undefined): limit is Saturated {
  return limit !== undefined;
}

/** The last part of a span that begins now, when everybody is at work. */
function spanFromNow(lengthMs: number): Span {
  const nowMs = epochMs();
  return { fromMs: nowMs + 2_000, toMs: nowMs + lengthMs };
}

function expectKept(group: Saturated[], logs: number[][], span: Span): void {
  const perSecond = group[0]?.perSecond ?? 0;
  const { used, above, busiest, mostEver } = slidingSeconds(logs.flat(), perSecond, span);
  const told = `${group.length} replicas, ${perSecond} a second, each took ${logs.map((log) => log.length).join(', ')}`;
  expect(used, told).to.be.within(0.95, 1.05);
  expect(above, told).to.be.at.most(0.001);
  expect(busiest, told).to.be.at.most(mostEver);
}

async function saturateElsewhere(url: string, own: Saturated[], untilMs: number): Promise<number[][]> {
  const fixture = JSON.stringify(new URL('./pace-fixture.test.ts', import.meta.url));
  const script = `
    import { saturate } from ${fixture};
    console.log(JSON.stringify(await saturate(...${JSON.stringify([url, own, untilMs])})));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    maxBuffer: 10_000_000,
  });
  return JSON.parse(stdout) as number[][];
}
