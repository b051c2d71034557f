import { createChain, createLane, type Lane } from '@fanfare/providers';
import { expect } from 'chai';
import { createGate, type Gate, type Pass } from './gate.ts';

describe('gate', () => {
  it('lets pass where a lane is open and a token at hand', () => {
    const { gate, pace } = gateWith({ tokens: 2 });
    expect(nameOf(gate.tryPass())).to.equal('primary');
    expect(pace.tokens).to.equal(1);
  });

  it('lets nobody pass without a token, and enters no lane for one', async () => {
    const { gate, primary } = gateWith({ tokens: 0 });
    await breakOpen(primary);
    expect(gate.tryPass()).to.equal(null);
    expect(primary.state()).to.equal('half-open');
  });

  it('lets nobody pass while every lane is shut, and keeps the token', () => {
    const { gate, pace, primary, backup } = gateWith({ tokens: 1 });
    primary.setPaused(true);
    expect(nameOf(gate.tryPass())).to.equal('backup');
    pace.tokens = 1;
    backup.setPaused(true);
    expect(gate.tryPass()).to.equal(null);
    expect(pace.tokens).to.equal(1);
  });

  it('gives lane and token to the next one when no call was made', async () => {
    const { gate, pace, primary } = gateWith({ tokens: 1 });
    await breakOpen(primary);
    const pass = present(gate.tryPass());
    expect(primary.state()).to.equal('probing');
    pass.giveBack();
    expect([primary.state(), pace.tokens]).to.deep.equal(['half-open', 1]);
  });

  it('gives a token back once, however often it is asked to', () => {
    const { gate, pace } = gateWith({ tokens: 1 });
    const pass = present(gate.tryPass());
    pass.giveBack();
    pass.giveBack();
    expect(pace.tokens).to.equal(1);
  });

  it('keeps the token of a call that was made', () => {
    const { gate, pace } = gateWith({ tokens: 1 });
    const pass = present(gate.tryPass());
    pass.use();
    pass.giveBack();
    expect(pace.tokens).to.equal(0);
  });

  it('asks for tokens only when a lane is open, and for as many as wait', async () => {
    const { gate, pace, primary, backup } = gateWith({ tokens: 0 });
    primary.setPaused(true);
    backup.setPaused(true);
    let isOpen = false;
    const opening = gate.whenOpen(7).then(() => (isOpen = true));
    await settled();
    expect(pace.asked).to.be.empty;
    backup.setPaused(false);
    await settled();
    expect([pace.asked, isOpen]).to.deep.equal([[7], false]);
    pace.filled.resolve();
    await opening;
  });
});

/** Two lanes, and so many tokens. */
function gateWith({ tokens }: { tokens: number }) {
  const [primary, backup] = [laneOf('primary'), laneOf('backup')];
  const pace = {
    tokens,
    asked: [] as number[],
    filled: Promise.withResolvers<void>(),
    tryTake: () => {
      if (pace.tokens === 0) return false;
      pace.tokens -= 1;
      return true;
    },
    giveBack: () => void (pace.tokens += 1),
    refill: (wanted: number) => {
      pace.asked.push(wanted);
      return pace.filled.promise;
    },
  };
  const gate: Gate = createGate({ chain: createChain([primary, backup]), pace });
  return { gate, pace, primary, backup };
}

function laneOf(name: string): Lane {
  const unavailable = {
    kind: 'unavailable',
    reason: 'refused',
    answered: false,
    retryAfterMs: null,
  } as const;
  return createLane({
    timeoutMs: 10_000,
    channel: 'sms',
    provider: { name, send: () => Promise.resolve(unavailable), close: () => Promise.resolve() },
    breaker: { maxFailures: 1, windowMs: 1_000, openMs: 1 },
  });
}

/** One failed call breaks it; a moment later it may be probed. */
async function breakOpen(lane: Lane): Promise<void> {
  const probeable = new Promise<void>((resolve) =>
    lane.onChange(({ state }) => void (state === 'half-open' && resolve())),
  );
  const message = { to: '', channel: 'sms', content: '', subject: null, html: null };
  await lane.tryEnter()?.send({ ...message, idempotencyKey: '', correlationId: '', traceparent: null });
  await probeable;
}

function settled(): Promise<void> {
  return new Promise(setImmediate);
}

function nameOf(pass: Pass | null): string | null {
  return pass?.entry.lane.name ?? null;
}

function present(pass: Pass | null): Pass {
  if (pass === null) throw new Error('nobody is let in');
  return pass;
}
