import type { Outcome } from '@fanfare/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { type FakeClock, START_MS, withFakeClock } from './fake-clock.test.ts';
import { createLaneModel } from './lane-model.test.ts';
import { accepted, enter, heldProvider, message, throttled, unavailable } from './lane-fixture.test.ts';
import { createLane, type Entry, type Lane } from './lane.ts';
import type { ProviderMessage } from './provider.ts';

describe('lane', () => {
  it('is shut by a throttling provider for as long as it asks, and tells until when', () =>
    laneTest(async ({ lane, answer, clock, told }) => {
      await answer(throttled(3_000));
      expect(lane.describe()).to.deep.equal(described('throttled', START_MS, START_MS + 3_000));
      expect([lane.isOpen(), lane.tryEnter()]).to.deep.equal([false, null]);
      await clock.pass(2_999);
      expect(lane.state()).to.equal('throttled');
      await clock.pass(1);
      expect(lane.describe()).to.deep.equal(described('open', START_MS + 3_000, null));
      expect(told).to.deep.equal([START_MS + 3_000]);
    }));

  const waits: readonly [name: string, outcome: Outcome, waitMs: number | null][] = [
    ['a second when the provider says nothing', throttled(null), 1_000],
    ['a second when its wish is over', throttled(0), 1_000],
    ['an hour at most', throttled(86_400_000), 3_600_000],
    ['as a provider asks that is away', unavailable(2_000), 2_000],
    ['not at all when one that is away asks nothing', unavailable(null), null],
    ['not at all when one that is away asks for nothing', unavailable(0), null],
  ];
  for (const [name, outcome, waitMs] of waits) {
    it(`waits ${name}`, () =>
      laneTest(async ({ lane, answer }) => {
        await answer(outcome);
        expect(lane.describe().untilMs).to.equal(waitMs === null ? null : START_MS + waitMs);
      }));
  }

  it('tells once of calls that are refused together', () =>
    laneTest(async ({ lane, answers, clock, told }) => {
      const sent = Array.from({ length: 90 }, () => enter(lane).send(message));
      for (const answer of answers) {
        await clock.pass(1);
        answer(throttled(1_000));
      }
      await Promise.all(sent);
      expect(told).to.deep.equal([START_MS + 1_100]);
    }));

  it('waits for what another replica was told, at most an hour, never for less than before, and tells nobody', () =>
    laneTest(async ({ lane, told }) => {
      lane.pauseUntil(START_MS + 5_000);
      lane.pauseUntil(START_MS + 2_000);
      expect(lane.describe()).to.deep.equal(described('throttled', START_MS, START_MS + 5_000));
      lane.pauseUntil(Number.MAX_SAFE_INTEGER);
      expect(lane.describe().untilMs).to.equal(START_MS + 3_600_000);
      expect(told).to.deep.equal([]);
    }));

  it('waits no longer when an operator says so, and for what is asked after that', () =>
    laneTest(async ({ lane, clock, states }) => {
      lane.pauseUntil(START_MS + 5_000);
      lane.endThrottle();
      lane.endThrottle();
      lane.pauseUntil(START_MS + 6_000);
      await clock.pass(5_999);
      expect(states).to.deep.equal(['throttled', 'open', 'throttled']);
    }));

  it('takes no notice of a wait that is over', () =>
    laneTest(async ({ lane }) => {
      lane.pauseUntil(START_MS);
      expect(lane.state()).to.equal('open');
    }));

  it('says until when it is broken', () =>
    laneTest(async ({ lane, answer, clock }) => {
      await clock.pass(50);
      for (let call = 0; call < 3; call += 1) await answer({ kind: 'unknown', reason: '' });
      expect(lane.describe()).to.deep.equal(described('broken', START_MS + 50, START_MS + 450));
    }));

  it('lets nobody in while an operator keeps it shut', () =>
    laneTest(async ({ lane, clock }) => {
      const entry = lane.tryEnter();
      lane.setPaused(true);
      await clock.pass(3_600_000);
      expect(lane.describe()).to.deep.equal(described('paused', START_MS, null));
      expect([lane.tryEnter(), entry?.isOpen()]).to.deep.equal([null, false]);
      lane.setPaused(false);
      expect([lane.state(), entry?.isOpen()]).to.deep.equal(['open', true]);
    }));

  it('makes one call for an entry, and none that it is shut for', () =>
    laneTest(async ({ lane, answers, sent }) => {
      const entry = enter(lane);
      const outcome = entry.send(message);
      expect(await errorOf(entry.send(message))).to.match(/shut or used up/);
      const late = enter(lane);
      lane.setPaused(true);
      expect(await errorOf(late.send(message))).to.equal('the entry to sms by primary is shut or used up');
      answers[0]?.({ kind: 'accepted', messageId: '1' });
      expect(await outcome).to.deep.equal({ kind: 'accepted', messageId: '1' });
      expect(sent).to.deep.equal([message]);
    }));

  it('ends a probe that the provider throws at', () =>
    withFakeClock(async (clock) => {
      const failing = { ...heldProvider('primary').provider, send: () => Promise.reject(new Error('a bug')) };
      const lane = createLane({ timeoutMs: 10_000, provider: failing, channel: 'sms', breaker });
      for (let call = 0; call < 3; call += 1) await errorOf(enter(lane).send(message));
      await clock.pass(400);
      expect(await errorOf(enter(lane).send(message))).to.equal('a bug');
      expect(lane.state()).to.equal('broken');
      await lane.close();
    }));

  it('tells of changes of state alone', () =>
    laneTest(async ({ lane, answer, clock, states }) => {
      await answer({ kind: 'accepted', messageId: null });
      lane.setPaused(true);
      lane.pauseUntil(START_MS + 1_000);
      lane.pauseUntil(START_MS + 2_000);
      lane.setPaused(false);
      lane.setPaused(false);
      await clock.pass(2_000);
      expect(states).to.deep.equal(['paused', 'throttled', 'open']);
    }));

  it('lets nobody in once it is closed, and is not heard of any more', () =>
    laneTest(async ({ lane, answers, states, told, clock }) => {
      const entry = enter(lane);
      const outcome = enter(lane).send(message);
      await lane.close();
      answers[0]?.(throttled(1_000));
      expect(await outcome).to.include({ kind: 'throttled' });
      await clock.pass(3_600_000);
      lane.setPaused(true);
      expect([lane.isOpen(), lane.tryEnter(), entry.isOpen()]).to.deep.equal([false, null, false]);
      expect([states, told]).to.deep.equal([[], []]);
    }));

  it('is shut by the first of many calls that nobody answers, however well it went before', () =>
    laneTest(async ({ lane, answers, answer, clock }) => {
      for (let call = 0; call < 50; call += 1) await answer(accepted);
      const sent = Array.from({ length: 50 }, () => enter(lane).send(message));
      await clock.pass(timeoutMs);
      answers.at(-1)?.({ kind: 'unknown', reason: 'no answer' });
      await sent.at(-1);
      expect(lane.state()).to.equal('broken');
    }));

  it('keeps its rules under any order of entries, answers, waits and pauses', async () => {
    await fc.assert(fc.asyncProperty(fc.array(steps, { maxLength: 120, size: 'max' }), obeysModel), {
      numRuns: 300,
    });
  });
});

const breaker = { maxFailures: 3, windowMs: 1_000, openMs: 400 };
const timeoutMs = 1_000;

function described(state: string, sinceMs: number, untilMs: number | null) {
  return { name: 'primary', channel: 'sms', state, sinceMs, untilMs };
}

type Given = {
  lane: Lane;
  clock: FakeClock;
  /** How the calls that were made are answered, in their order. */
  answers: ((outcome: Outcome) => void)[];
  sent: ProviderMessage[];
  /** What the listener for throttling heard. */
  told: number[];
  states: string[];
  /** Makes a call and answers it. */
  answer: (outcome: Outcome) => Promise<void>;
};

function laneTest(test: (given: Given) => Promise<void>): Promise<void> {
  return withFakeClock(async (clock) => {
    const { provider, sent, answers } = heldProvider('primary');
    const told: number[] = [];
    const states: string[] = [];
    const onThrottled = (untilMs: number) => void told.push(untilMs);
    const lane = createLane({ timeoutMs, provider, channel: 'sms', breaker, onThrottled });
    lane.onChange(({ state }) => states.push(state));
    const answer = async (outcome: Outcome) => {
      const called = enter(lane).send(message);
      answers.at(-1)?.(outcome);
      await called;
    };
    await test({ lane, clock, answers, sent, told, states, answer });
    await lane.close();
  });
}

function errorOf(rejecting: Promise<unknown>): Promise<string> {
  return rejecting.then(
    () => 'no error',
    (error: Error) => error.message,
  );
}

const waitsMs = fc.constantFrom(null, 0, 1, 150, 999, 1_000, 1_001, 2_500);
const outcomes = fc.oneof(
  { weight: 3, arbitrary: waitsMs.map(() => unavailable(null)) },
  { weight: 2, arbitrary: fc.constant<Outcome>({ kind: 'unknown', reason: '' }) },
  { weight: 3, arbitrary: fc.constant(accepted) },
  fc.constant<Outcome>({ kind: 'rejected', reason: '' }),
  waitsMs.map(throttled),
  waitsMs.map(unavailable),
);
const which = fc.nat({ max: 6 });
type Step =
  | { do: 'enter' | 'end throttle' | 'hang' | 'time out' }
  | { do: 'send' | 'leave'; which: number }
  | { do: 'answer'; which: number; outcome: Outcome }
  | { do: 'call'; outcome: Outcome }
  | { do: 'pass'; ms: number }
  | { do: 'wait'; ms: number }
  | { do: 'pause'; paused: boolean };
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end throttle' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('enter' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('hang' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('time out' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), which, outcome: outcomes }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('call' as const), outcome: outcomes }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 99, 100, 399, 400, 1_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(-1, 0, 1, 250, 1_100) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('pause' as const),
      paused: fc.constantFrom(true, false, false, false),
    }),
  },
);

type ModelEntry = NonNullable<ReturnType<ReturnType<typeof createLaneModel>['enter']>>;
type Held = { entry: Entry; modelled: ModelEntry };

function take<T>(list: T[], index: number): T | undefined {
  return list.splice(index % Math.max(1, list.length), 1)[0];
}

/** Does the same to a lane and to its model, and compares them after each step. */
function obeysModel(script: Step[]): Promise<void> {
  return laneTest(async ({ lane, clock, answers }) => {
    const model = createLaneModel({ ...breaker, timeoutMs }, START_MS);
    const entered: Held[] = [];
    const called: (Held & { answer: (outcome: Outcome) => void })[] = [];

    function goIn(): void {
      const [entry, modelled] = [lane.tryEnter(), model.enter()];
      expect(entry !== null).to.equal(modelled !== null);
      if (entry !== null && modelled !== null) entered.push({ entry, modelled });
    }
    async function send(held: Held | undefined): Promise<void> {
      if (held === undefined) return;
      expect(held.entry.isOpen()).to.equal(model.maySend(held.modelled));
      const outcome = held.entry.send(message);
      if (model.maySend(held.modelled)) {
        // It must have reached the provider at once: between asking and sending nothing may come.
        model.send(held.modelled);
        called.push({ ...held, answer: answers.pop() ?? expect.fail('no call was made') });
        held.entry.leave();
      } else {
        expect(await errorOf(outcome)).to.match(/shut/);
        expect(answers).to.have.length(0);
        leave(held);
      }
    }
    function leave(held: Held | undefined): void {
      held?.entry.leave();
      if (held !== undefined) model.leave(held.modelled);
    }
    async function answer(call: (typeof called)[number] | undefined, outcome: Outcome): Promise<void> {
      if (call === undefined) return;
      call.answer(outcome);
      model.answer(call.modelled, outcome);
      await turn();
    }
    function pass({ ms }: { ms: number }): Promise<void> {
      model.pass(ms);
      return clock.pass(ms);
    }
    const doing: { [D in Step['do']]: (step: Extract<Step, { do: D }>) => unknown } = {
      enter: goIn,
      send: ({ which: index }) => send(take(entered, index)),
      leave: ({ which: index }) => leave(take(entered, index)),
      answer: ({ which: index, outcome }) => answer(take(called, index), outcome),
      call: async ({ outcome }) => {
        goIn();
        await send(entered.pop());
        await answer(called.pop(), outcome);
      },
      hang: () => {
        goIn();
        return send(entered.pop());
      },
      'time out': async () => {
        await pass({ ms: timeoutMs / 2 });
        await answer(called.shift(), { kind: 'unknown', reason: '' });
      },
      pass,
      wait: ({ ms }) => {
        lane.pauseUntil(model.now() + ms);
        model.waitUntil(model.now() + ms);
      },
      'end throttle': () => {
        lane.endThrottle();
        model.endThrottle();
      },
      pause: ({ paused }) => {
        lane.setPaused(paused);
        model.setPaused(paused);
      },
    };
    for (const step of script) {
      await (doing[step.do] as (step: Step) => unknown)(step);
      expect(lane.state()).to.equal(model.state());
    }
  });
}
