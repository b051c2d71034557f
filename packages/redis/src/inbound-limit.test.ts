import { eventually, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { connectRedis, type RedisHandle } from './connect.ts';
import { type Admission, createInboundLimit, INBOUND_WINDOW_MS } from './inbound-limit.ts';
import { type Network, openNetwork } from './network-fixture.test.ts';
import { untilThere } from './pace-fixture.test.ts';

const silent = { info: () => {}, warn: () => {} };
type Limit = (caller: string) => Admission | Promise<Admission>;

async function calls(limit: Limit, caller: string, count: number): Promise<Admission[]> {
  return Promise.all(Array.from({ length: count }, async () => limit(caller)));
}

function admitted(answers: Admission[]): number {
  return answers.filter(({ isAdmitted }) => isAdmitted).length;
}

describe('inbound limit', () => {
  let network: Network;
  let redis: RedisHandle;
  let caller: string;
  let tests = 0;
  beforeEach(async () => {
    network = await openNetwork(new URL((await stack()).REDIS_URL));
    tests += 1;
    caller = `test-${process.pid}-${tests}`;
    redis = connectRedis({ url: network.url, name: caller, log: silent });
    await untilThere(redis);
  });
  afterEach(async () => {
    redis.close();
    await network.close();
  });

  it('lets in as many as it says, over two replicas and one by one', async () => {
    const replicas = [1, 2].map(() => createInboundLimit({ redis, perMinute: 60 }));
    const answers: Admission[] = [];
    for (let call = 0; call < 62; call += 1) answers.push(...(await calls(replicas[call % 2]!, caller, 1)));
    expect(admitted(answers)).to.equal(60);
    expect(answers.map(({ remaining }) => remaining).slice(0, 3)).to.deep.equal([59, 58, 57]);
    const [refused] = answers.slice(-1);
    expect(refused).to.include({ isAdmitted: false, remaining: 0 });
    expect(refused?.resetMs).to.be.within(1, INBOUND_WINDOW_MS);
  });

  it('lets in as many as it says of those that come at once', async () => {
    const replicas = [1, 2].map(() => createInboundLimit({ redis, perMinute: 60 }));
    const answers = await Promise.all(replicas.map((replica) => calls(replica, caller, 100)));
    expect(admitted(answers.flat())).to.equal(60);
  });

  it('counts each caller by itself', async () => {
    const limit = createInboundLimit({ redis, perMinute: 2 });
    await calls(limit, caller, 3);
    expect(admitted(await calls(limit, `${caller}-other`, 3))).to.equal(2);
  });

  it('lets in nobody twice as often by a restart', async () => {
    await calls(createInboundLimit({ redis, perMinute: 5 }), caller, 4);
    expect(admitted(await calls(createInboundLimit({ redis, perMinute: 5 }), caller, 4))).to.equal(1);
  });

  it('asks Redis once for a lot of calls, and no more when none are left', async () => {
    let asked = 0;
    const counting: Pick<RedisHandle, 'countInWindow'> = {
      countInWindow: (addition) => {
        asked += 1;
        return redis.countInWindow(addition);
      },
    };
    const limit = createInboundLimit({ redis: counting, perMinute: 10_000 });
    await calls(limit, caller, 1);
    for (let call = 1; call < 10; call += 1) expect(limit(caller)).to.have.property('isAdmitted', true);
    expect(asked).to.equal(1);
    expect(admitted(await calls(limit, caller, 20_000))).to.equal(9_990);
    const before = asked;
    expect(limit(caller)).to.include({ isAdmitted: false, remaining: 0 });
    expect(asked).to.equal(before);
  });

  it('limits by itself while Redis is away, and with the others when it is back', async () => {
    const limit = createInboundLimit({ redis, perMinute: 10 });
    expect(admitted(await calls(limit, caller, 4))).to.equal(4);
    await network.cut();
    await eventually(async () => expect(await redis.check().catch(() => 'away')).to.equal('away'));
    expect(admitted(await calls(limit, caller, 20))).to.equal(6);
    expect(admitted(await calls(limit, `${caller}-new`, 20))).to.equal(10);
    await network.mend();
    await untilThere(redis);
    expect(admitted(await calls(createInboundLimit({ redis, perMinute: 10 }), caller, 20))).to.equal(6);
  });

  it('answers also when Redis has stopped to', async () => {
    const limit = createInboundLimit({ redis, perMinute: 10 });
    network.freeze();
    expect(admitted(await calls(limit, caller, 20))).to.equal(10);
  });

  it('begins a minute with the first call after the last minute', async () => {
    let nowMs = 0;
    const away = { countInWindow: () => Promise.resolve(null) };
    const limit = createInboundLimit({ redis: away, perMinute: 2, monotonic: () => nowMs });
    expect(admitted(await calls(limit, caller, 3))).to.equal(2);
    nowMs = INBOUND_WINDOW_MS - 1;
    expect(await limit(caller)).to.deep.equal({ isAdmitted: false, remaining: 0, resetMs: 1 });
    nowMs = 1.5 * INBOUND_WINDOW_MS;
    expect(await limit(caller)).to.deep.equal({ isAdmitted: true, remaining: 1, resetMs: INBOUND_WINDOW_MS });
  });

  it('forgets a counter so long after its first addition', async () => {
    const addition = { key: `inbound:${caller}`, count: 1, windowMs: 400 };
    expect(await redis.countInWindow(addition)).to.include({ before: 0 });
    expect(await redis.countInWindow(addition)).to.include({ before: 1 });
    await eventually(async () => expect(await redis.countInWindow(addition)).to.include({ before: 0 }));
  });
});
