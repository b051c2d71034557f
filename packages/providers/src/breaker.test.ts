import type { Outcome } from '@fanfare/domain';
import { expect } from 'chai';
import { createBreaker, type Breaker, type Pass } from './breaker.ts';
import { type FakeClock, START_MS, withFakeClock } from './fake-clock.test.ts';

const settings = { maxFailures: 5, windowMs: 10_000, openMs: 30_000 };

describe('breaker', () => {
  it('breaks at the given number of failures', () =>
    breaking(async ({ breaker }) => {
      await calls(breaker, 4, 'unavailable');
      expect(breaker.state()).to.equal('closed');
      await calls(breaker, 1, 'unknown');
      expect(breaker.state()).to.equal('broken');
      expect(breaker.brokenUntilMs()).to.equal(START_MS + 30_000);
      expect(breaker.tryPass()).to.equal(null);
    }));

  it('stays closed while fewer than half of the calls fail, however many those are', () =>
    breaking(async ({ breaker }) => {
      await calls(breaker, 101, 'accepted');
      await calls(breaker, 100, 'unavailable');
      expect(breaker.state()).to.equal('closed');
      await calls(breaker, 1, 'unavailable');
      expect(breaker.state()).to.equal('broken');
    }));

  it('takes a provider that rejects or throttles for one that is there', () =>
    breaking(async ({ breaker }) => {
      await calls(breaker, 10, 'rejected');
      await calls(breaker, 10, 'throttled');
      await calls(breaker, 19, 'unavailable');
      expect(breaker.state()).to.equal('closed');
    }));

  it('forgets what the window has left behind', () =>
    breaking(async ({ breaker, clock }) => {
      await calls(breaker, 4, 'unavailable');
      await clock.pass(10_000);
      await calls(breaker, 4, 'unavailable');
      expect(breaker.state()).to.equal('closed');
    }));

  it('breaks on a provider that hangs for as long as the window lasts', () =>
    breaking(async ({ breaker, clock }) => {
      const passes = Array.from({ length: 100 }, () => breaker.tryPass());
      await clock.pass(settings.windowMs);
      for (const pass of passes) await pass?.report('unknown');
      expect(breaker.state()).to.equal('broken');
    }));

  it('breaks at once by a call that tells of silence, unless it is from before the last break', () =>
    breaking(async ({ breaker, clock }) => {
      await calls(breaker, 100, 'accepted');
      const [told, straggler] = [breaker.tryPass(), breaker.tryPass()];
      await told?.report('unknown', true);
      expect(breaker.state()).to.equal('broken');
      await clock.pass(settings.openMs);
      await straggler?.report('unknown', true);
      expect(breaker.state()).to.equal('half-open');
    }));

  it('lets a single call probe, and closes when the provider answers', () =>
    breaking(async (given) => {
      const probe = await halfOpen(given);
      expect(given.breaker.state()).to.equal('probing');
      expect(given.breaker.tryPass()).to.equal(null);
      await probe.report('throttled');
      expect(given.breaker.state()).to.equal('closed');
    }));

  it('breaks again when the probe fails, for as long as before', () =>
    breaking(async (given) => {
      const { breaker, clock } = given;
      const probe = await halfOpen(given);
      await probe.report('unavailable');
      expect(breaker.brokenUntilMs()).to.equal(START_MS + 60_000);
      await clock.pass(29_999);
      expect(breaker.state()).to.equal('broken');
      await clock.pass(1);
      expect(breaker.state()).to.equal('half-open');
    }));

  it('lets another call probe when the first was not made', () =>
    breaking(async (given) => {
      const { breaker } = given;
      const probe = await halfOpen(given);
      probe.giveBack();
      expect(breaker.state()).to.equal('half-open');
      const other = breaker.tryPass();
      probe.giveBack();
      expect(breaker.state()).to.equal('probing');
      await other?.report('accepted');
      expect(breaker.state()).to.equal('closed');
    }));

  for (const kind of ['accepted', 'unavailable'] as const) {
    it(`does not take an ${kind} call from before the break for the probe`, () =>
      breaking(async (given) => {
        const { breaker } = given;
        const straggler = breaker.tryPass();
        const probe = await halfOpen(given);
        expect(straggler?.isValid()).to.equal(false);
        await straggler?.report(kind);
        expect([breaker.state(), probe.isValid()]).to.deep.equal(['probing', true]);
      }));
  }

  it('tells of every change', () =>
    breaking(async (given) => {
      const probe = await halfOpen(given);
      await probe.report('accepted');
      expect(given.changes).to.deep.equal(['broken', 'half-open', 'probing', 'closed']);
    }));

  it('lets nothing pass once it is closed, and moves no more', () =>
    breaking(async (given) => {
      const { breaker, clock } = given;
      const pass = breaker.tryPass();
      await calls(breaker, 5, 'unknown');
      breaker.close();
      await clock.pass(settings.openMs);
      await pass?.report('accepted');
      expect([breaker.tryPass(), pass?.isValid()]).to.deep.equal([null, false]);
      expect(given.changes).to.deep.equal(['broken']);
    }));
});

type Given = { breaker: Breaker; clock: FakeClock; changes: string[] };

function breaking(test: (given: Given) => Promise<void>): Promise<void> {
  return withFakeClock(async (clock) => {
    const changes: string[] = [];
    const onChange = (): void => void changes.push(breaker.state());
    const breaker = createBreaker({ settings, now: Date.now, onChange });
    await test({ breaker, clock, changes });
    breaker.close();
  });
}

async function calls(breaker: Breaker, count: number, kind: Outcome['kind']): Promise<void> {
  for (let call = 0; call < count; call += 1) await breaker.tryPass()?.report(kind);
}

/** Breaks it, waits, and returns the probe. */
async function halfOpen({ breaker, clock }: Given): Promise<Pass> {
  await calls(breaker, settings.maxFailures, 'unavailable');
  await clock.pass(settings.openMs);
  const probe = breaker.tryPass();
  if (probe === null) throw new Error('nobody may probe');
  return probe;
}
