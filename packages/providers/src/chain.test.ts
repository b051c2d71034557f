import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Outcome } from '@fanfare/domain';
import { expect } from 'chai';
import { type Chain, createChain } from './chain.ts';
import { type FakeClock, START_MS, withFakeClock } from './fake-clock.test.ts';
import { httpProvider } from './http.ts';
import { enter, heldProvider, message, throttled, unavailable } from './lane-fixture.test.ts';
import { createLane, type Entry, type Lane } from './lane.ts';

const openMs = 400;

describe('chain', () => {
  it('lets in at the first lane that is open', () =>
    chainTest(async ({ chain, primary, backup }) => {
      expect(nameOf(chain.tryEnter())).to.equal('primary');
      primary.setPaused(true);
      expect(nameOf(chain.tryEnter())).to.equal('backup');
      backup.setPaused(true);
      expect(chain.tryEnter()).to.equal(null);
    }));

  it('goes on behind the lane whose provider took nothing, and never back', () =>
    chainTest(async ({ chain, primary, backup }) => {
      const first = enter(chain);
      expect(chain.isOpenBehind(first)).to.equal(true);
      const second = chain.next(first);
      expect(nameOf(second)).to.equal('backup');
      expect(second && [chain.isOpenBehind(second), chain.next(second)]).to.deep.equal([false, null]);
      backup.setPaused(true);
      expect([chain.isOpenBehind(first), chain.next(first)]).to.deep.equal([false, null]);
      expect(primary.isOpen()).to.equal(true);
    }));

  it('has one record probe a preferred lane, while the others go on to the next', () =>
    chainTest(async ({ chain, clock, answer }) => {
      await answer('primary', unavailable(null));
      expect(nameOf(chain.tryEnter())).to.equal('backup');
      await clock.pass(openMs);
      const names = [chain.tryEnter(), chain.tryEnter(), chain.tryEnter()].map(nameOf);
      expect(names).to.deep.equal(['primary', 'backup', 'backup']);
    }));

  it('is open at once while a lane is', () =>
    chainTest(async ({ chain, primary }) => {
      primary.setPaused(true);
      await chain.whenOpen();
    }));

  const openings: readonly [name: string, open: (given: Given) => unknown, ms: number, lane: string][] = [
    ['is resumed', ({ backup }) => backup.setPaused(false), 0, 'backup'],
    ['has waited for long enough', ({ backup }) => throttleOnly(backup), 300, 'backup'],
    ['may be probed', () => undefined, openMs, 'primary'],
  ];
  for (const [name, open, ms, laneName] of openings) {
    it(`opens for those who wait as soon as a lane ${name}`, () =>
      shutTest(async (given) => {
        const { chain, clock } = given;
        const opened = opening(chain);
        await open(given);
        if (ms > 0) {
          await clock.pass(ms - 1);
          expect(opened.at).to.equal(null);
        }
        await clock.pass(Math.min(ms, 1));
        expect(opened.at).to.equal(START_MS + ms);
        expect(nameOf(chain.tryEnter())).to.equal(laneName);
      }));
  }

  it('stays shut for those who wait while another probes, and opens when no call is made', () =>
    shutTest(async ({ chain, clock }) => {
      await clock.pass(openMs);
      const probe = enter(chain);
      const opened = opening(chain);
      await clock.pass(100);
      expect(opened.at).to.equal(null);
      probe.leave();
      await clock.pass(0);
      expect(opened.at).to.equal(START_MS + openMs + 100);

      enter(chain);
      const openedAgain = opening(chain);
      await clock.pass(100);
      expect(openedAgain.at).to.equal(null);
    }));

  it('opens for those who wait when what a probed provider asked for is over', () =>
    shutTest(async ({ chain, clock, answer }) => {
      await clock.pass(openMs);
      const answered = answer('primary', throttled(1_000));
      const opened = opening(chain);
      await answered;
      await clock.pass(999);
      expect(opened.at).to.equal(null);
      await clock.pass(1);
      expect(opened.at).to.equal(START_MS + openMs + 1_000);
    }));

  it('never opens once it is closed', () =>
    shutTest(async ({ chain, clock, primary, backup }) => {
      const opened = opening(chain);
      await closeAll([primary, backup]);
      backup.setPaused(false);
      await clock.pass(3_600_000);
      expect([opened.at, chain.tryEnter()]).to.deep.equal([null, null]);
    }));

  it('has lanes that say why they are shut', () =>
    shutTest(async ({ primary, backup }) => {
      const told = [primary.describe(), backup.describe()];
      expect(told.map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
        'primary broken',
        'backup paused',
      ]);
    }));

  it('turns to the backup while a vendor is down, and back when a probe reaches it', async () => {
    const seen: string[] = [];
    let requests = 0;
    let isDown = true;
    const primary = await vendor((_, response) => {
      requests += 1;
      response.writeHead(isDown ? 503 : 200).end();
    });
    const backup = await vendor((_, response) => response.end());
    const lanes = [httpLane('primary', primary), httpLane('backup', backup)];
    const chain = createChain(lanes);
    for (let record = 0; record < 4; record += 1) seen.push(await deliver(chain));
    isDown = false;
    lanes[1]?.setPaused(true);
    await chain.whenOpen();
    for (let record = 0; record < 2; record += 1) seen.push(await deliver(chain));
    await closeAll(lanes);
    await Promise.all([closed(primary), closed(backup)]);

    const failover = 'primary unavailable, backup accepted';
    const [backedUp, asBefore] = ['backup accepted', 'primary accepted'];
    expect(seen).to.deep.equal([failover, failover, backedUp, backedUp, asBefore, asBefore]);
    expect(requests).to.equal(4);
  });

  it('waits as a vendor asks, and tells of it', async () => {
    const told: number[] = [];
    const server = await vendor((_, response) =>
      response.writeHead(told.length === 0 ? 429 : 200, { 'retry-after': '1' }).end(),
    );
    const lane = httpLane('primary', server, (untilMs) => told.push(untilMs));
    const chain = createChain([lane]);
    expect(await deliver(chain)).to.equal('primary throttled');
    expect(lane.describe()).to.include({ state: 'throttled', untilMs: told[0] });
    await chain.whenOpen();
    // Timers and the clock are not of one mind about the last milliseconds.
    expect(Date.now()).to.be.at.least((told[0] ?? Infinity) - 10);
    expect(await deliver(chain)).to.equal('primary accepted');
    await lane.close();
    await closed(server);
  });

  it('keeps no process alive', async () => {
    const lane = new URL('lane.ts', import.meta.url).href;
    const script = `
      import { createLane } from '${lane}';
      const send = async () => ({ kind: 'unavailable', reason: '', answered: true, retryAfterMs: 3_600_000 });
      const provider = { name: 'primary', send, close: async () => {} };
      const breaker = { maxFailures: 1, windowMs: 10_000, openMs: 3_600_000 };
      const lane = createLane({ timeoutMs: 10_000, provider, channel: 'sms', breaker });
      await lane.tryEnter().send({});
      console.log(lane.state());`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, Buffer.concat(chunks).toString()]).to.deep.equal([0, 'broken\n']);
  });
});

type Given = {
  chain: Chain;
  primary: Lane;
  backup: Lane;
  clock: FakeClock;
  answer: (name: 'primary' | 'backup', outcome: Outcome) => Promise<void>;
};

function chainTest(test: (given: Given) => Promise<void>): Promise<void> {
  return withFakeClock(async (clock) => {
    const providers = { primary: heldProvider('primary'), backup: heldProvider('backup') };
    const breaker = { maxFailures: 1, windowMs: 1_000, openMs };
    const laneOf = (name: 'primary' | 'backup') =>
      createLane({ timeoutMs: 10_000, provider: providers[name].provider, channel: 'sms', breaker });
    const lanes = { primary: laneOf('primary'), backup: laneOf('backup') };
    const chain = createChain([lanes.primary, lanes.backup]);
    const answer = async (name: 'primary' | 'backup', outcome: Outcome) => {
      const called = enter(lanes[name]).send(message);
      providers[name].answers.pop()?.(outcome);
      await called;
    };
    await test({ chain, ...lanes, clock, answer });
    await closeAll([lanes.primary, lanes.backup]);
  });
}

async function closeAll(lanes: readonly Lane[]): Promise<void> {
  await Promise.all(lanes.map((lane) => lane.close()));
}

/** The preferred lane is broken, the other one is paused. */
function shutTest(test: (given: Given) => Promise<void>): Promise<void> {
  return chainTest(async (given) => {
    await given.answer('primary', unavailable(null));
    given.backup.setPaused(true);
    await test(given);
  });
}

function throttleOnly(lane: Lane): void {
  lane.pauseUntil(START_MS + 300);
  lane.setPaused(false);
}

function opening(chain: Chain): { at: number | null } {
  const opened: { at: number | null } = { at: null };
  void chain.whenOpen().then(() => (opened.at = Date.now()));
  return opened;
}

function nameOf(entry: Entry | null): string | null {
  return entry?.lane.name ?? null;
}

async function vendor(answer: RequestListener): Promise<Server> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function httpLane(name: string, server: Server, onThrottled?: (untilMs: number) => void): Lane {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return createLane({
    timeoutMs: 10_000,
    provider: httpProvider({ name, url, timeoutMs: 10_000, connections: 2 }),
    channel: 'sms',
    breaker: { maxFailures: 2, windowMs: 10_000, openMs: 1_000 },
    ...(onThrottled && { onThrottled }),
  });
}

/** Delivers as a service would: at the next lane when nothing was taken. */
async function deliver(chain: Chain): Promise<string> {
  const told: string[] = [];
  for (let entry = chain.tryEnter(); entry !== null; entry = chain.next(entry)) {
    const { kind } = await entry.send(message);
    told.push(`${entry.lane.name} ${kind}`);
    if (kind !== 'unavailable' && kind !== 'throttled') break;
  }
  return told.join(', ');
}
