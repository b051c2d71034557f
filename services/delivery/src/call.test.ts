import { randomUUID } from 'node:crypto';
import type { Notification } from '@fanfare/contracts';
import { type HeldDelivery, notificationOf } from '@fanfare/db';
import { accepted } from '@fanfare/db/fixture';
import type { Outcome } from '@fanfare/domain';
import { createChain, createLane, type Lane, type ProviderMessage } from '@fanfare/providers';
import { expect } from 'chai';
import { call, type ClaimedAttempt } from './call.ts';
import type { Pass } from './gate.ts';

const LEASE_MS = 12_000;
const TIMEOUT_MS = 10_000;

const ok: Outcome = { kind: 'accepted', messageId: 'm-1' };
const refused: Outcome = { kind: 'unavailable', reason: 'refused', answered: false, retryAfterMs: null };
const broken: Outcome = { kind: 'unavailable', reason: 'HTTP 503', answered: true, retryAfterMs: null };
const throttled: Outcome = { kind: 'throttled', reason: 'HTTP 429', retryAfterMs: 1_000 };
const unknown: Outcome = { kind: 'unknown', reason: 'no answer' };
const rejected: Outcome = { kind: 'rejected', reason: 'HTTP 400' };

describe('call', () => {
  it('asks the preferred provider alone when it takes the message', async () => {
    const world = worldOf({ primary: ok, backup: ok });
    expect(await world.call()).to.include({ outcome: ok, provider: 'primary' });
    expect(world.asked).to.deep.equal(['primary']);
    expect(world.tokensUsed()).to.equal(1);
  });

  for (const outcome of [refused, broken, throttled])
    it(`asks the next one within the claim when the first is ${outcome.kind}, for it took nothing`, async () => {
      const world = worldOf({ primary: outcome, backup: ok });
      expect(await world.call()).to.include({ outcome: ok, provider: 'backup' });
      expect(world.asked).to.deep.equal(['primary', 'backup']);
    });

  for (const outcome of [unknown, rejected])
    it(`asks nobody else when it is ${outcome.kind}`, async () => {
      const world = worldOf({ primary: outcome, backup: ok });
      expect(await world.call()).to.include({ outcome, provider: 'primary' });
      expect(world.asked).to.deep.equal(['primary']);
    });

  it('tells whether a provider is open that it did not ask', async () => {
    const world = worldOf({ primary: unknown, backup: ok });
    expect(await world.call()).to.include({ outcome: unknown, isNextOpen: true });
    const alone = worldOf({ primary: unknown, backup: ok });
    alone.lanes[1]?.setPaused(true);
    expect(await alone.call()).to.include({ outcome: unknown, isNextOpen: false });
    const last = worldOf({ primary: refused, backup: unknown });
    expect(await last.call()).to.include({ outcome: unknown, isNextOpen: false });
  });

  it('asks the preferred provider and the next one in turn from the third attempt on', async () => {
    for (const [attempt, asked] of [
      [2, 'primary'],
      [3, 'backup'],
      [4, 'primary'],
      [5, 'backup'],
    ] as const) {
      const world = worldOf({ primary: ok, backup: ok }, { attempt });
      await world.call();
      expect(world.asked, `attempt ${attempt}`).to.deep.equal([asked]);
    }
  });

  it('asks the preferred provider at every attempt while it alone is open', async () => {
    const world = worldOf({ primary: ok, backup: ok }, { attempt: 3 });
    world.lanes[1]?.setPaused(true);
    expect(await world.call()).to.include({ provider: 'primary' });
  });

  it('leaves its entry to another record where it is the next provider’s turn', async () => {
    const world = worldOf({ primary: ok, backup: ok }, { attempt: 3 });
    await world.call();
    expect(world.pass.entry.isOpen()).to.equal(false);
  });

  it('asks nobody else when an answered call is of what is to be sent once at most', async () => {
    const world = worldOf({ primary: broken, backup: ok }, { delivery_mode: 'at_most_once' });
    expect(await world.call()).to.include({ outcome: broken, provider: 'primary' });
    const unsent = worldOf({ primary: refused, backup: ok }, { delivery_mode: 'at_most_once' });
    expect(await unsent.call()).to.include({ outcome: ok, provider: 'backup' });
  });

  it('tells what the last one said when none took it', async () => {
    const world = worldOf({ primary: throttled, backup: refused });
    expect(await world.call()).to.include({ outcome: refused, provider: 'backup' });
  });

  it('makes no call when the lease has no time left for one', async () => {
    const world = worldOf({ primary: ok });
    expect(await world.call(LEASE_MS - TIMEOUT_MS)).to.equal(null);
    expect(world.asked).to.be.empty;
    expect(world.tokensUsed()).to.equal(0);
  });

  it('gives back what a slow refusal left no time for, if another provider is there', async () => {
    const slow = { elapsesMs: LEASE_MS - TIMEOUT_MS };
    const world = worldOf({ primary: refused, backup: ok }, {}, slow);
    expect(await world.call()).to.equal(null);
    expect(world.asked).to.deep.equal(['primary']);
    const alone = worldOf({ primary: refused }, {}, slow);
    expect(await alone.call()).to.include({ outcome: refused });
    // A 503 may have been preceded by a message that was taken after all; its attempt counts.
    const answered = worldOf({ primary: broken, backup: ok }, {}, slow);
    expect(await answered.call()).to.include({ outcome: broken, isNextOpen: true });
  });

  it('goes to the next provider when its own lane was shut after it entered', async () => {
    const world = worldOf({ primary: ok, backup: ok });
    world.lanes[0]?.setPaused(true);
    expect(await world.call()).to.include({ provider: 'backup' });
  });

  it('makes no call when every lane was shut meanwhile', async () => {
    const world = worldOf({ primary: ok, backup: ok });
    for (const lane of world.lanes) lane.setPaused(true);
    expect(await world.call()).to.equal(null);
    expect(world.asked).to.be.empty;
  });

  it('hands over what identifies the delivery: its id and cycle, the same at every attempt', async () => {
    const world = worldOf({ primary: refused, backup: ok }, { cycle: 2, attempt: 2 });
    await world.call();
    expect(world.messages.map(({ idempotencyKey }) => idempotencyKey)).to.deep.equal([
      `${world.id}:2`,
      `${world.id}:2`,
    ]);
  });
});

/** A chain of real lanes whose providers answer as told. */
function worldOf(
  answers: Record<string, Outcome>,
  delivery: Partial<HeldDelivery> = {},
  { elapsesMs = 0 }: { elapsesMs?: number } = {},
) {
  const asked: string[] = [];
  const messages: ProviderMessage[] = [];
  let nowMs = 0;
  const lanes = Object.entries(answers).map(([name, outcome]) =>
    laneOf(name, (message) => {
      asked.push(name);
      messages.push(message);
      nowMs += elapsesMs;
      return outcome;
    }),
  );
  const chain = createChain(lanes);
  let used = 0;
  const pass = passOf(chain, () => (used += 1));
  const attempt = attemptOf(delivery);
  return {
    lanes,
    asked,
    messages,
    pass,
    id: attempt.notification.id,
    tokensUsed: () => used,
    call: (elapsedMs = 0) => {
      nowMs += elapsedMs;
      return call({ chain, leaseMs: LEASE_MS, monotonicMs: () => nowMs }, attempt, pass);
    },
  };
}

function laneOf(name: string, answer: (message: ProviderMessage) => Outcome): Lane {
  return createLane({
    timeoutMs: TIMEOUT_MS,
    channel: 'sms',
    provider: { name, send: async (message) => answer(message), close: () => Promise.resolve() },
    breaker: { maxFailures: 5, windowMs: 10_000, openMs: 30_000 },
  });
}

function passOf(chain: ReturnType<typeof createChain>, use: () => void): Pass {
  const entry = chain.tryEnter();
  if (entry === null) throw new Error('no lane is open');
  return { entry, use, giveBack: () => entry.leave() };
}

function attemptOf(delivery: Partial<HeldDelivery>): ClaimedAttempt {
  const notification: Notification = notificationOf(accepted({}, { id: randomUUID() }), 0);
  const held = { cycle: 0, attempt: 1, delivery_mode: 'at_least_once', ...delivery };
  return {
    notification,
    delivery: held as HeldDelivery,
    record: { headers: {} } as ClaimedAttempt['record'],
    claimedAtMs: 0,
  };
}
