import { PRIORITIES, type Priority } from '@fanfare/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { createPriorityScheduler, PRIORITY_WEIGHTS, type PriorityScheduler } from './priority-scheduler.ts';

describe('priority scheduler', () => {
  it('takes 16 high, 4 normal and 1 low in a round', () => {
    const scheduler = createPriorityScheduler<number>({ slots: 1, reservedForHigh: 0 });
    fill(scheduler, 100);
    const round = [...repeat('high', 16), ...repeat('normal', 4), 'low'];
    expect(takeOneByOne(scheduler, 42)).to.deep.equal([...round, ...round]);
  });

  it('is first come, first served within a priority', () => {
    const scheduler = createPriorityScheduler<number>({ slots: 1000, reservedForHigh: 0 });
    fill(scheduler, 100);
    const taken = drain(scheduler);
    for (const priority of PRIORITIES)
      expect(taken.filter((one) => one.priority === priority).map(({ entry }) => entry)).to.deep.equal(
        upTo(100),
      );
  });

  it('gives the share of an empty priority to the others, and does not save it up', () => {
    const scheduler = createPriorityScheduler<number>({ slots: 1, reservedForHigh: 0 });
    for (const entry of upTo(100)) scheduler.push('low', entry);
    expect(takeOneByOne(scheduler, 60)).to.deep.equal(repeat('low', 60));
    for (const entry of upTo(100)) scheduler.push('normal', entry);
    expect(takeOneByOne(scheduler, 7)).to.deep.equal(['low', ...repeat('normal', 4), 'low', 'normal']);
  });

  it('leaves the reserved slots to high, however long normal and low are in flight', () => {
    const scheduler = createPriorityScheduler<number>({ slots: 5, reservedForHigh: 2 });
    for (const entry of upTo(9)) scheduler.push('low', entry);
    expect(drain(scheduler)).to.have.length(3);
    expect(scheduler.waiting()).to.equal(6);
    for (const entry of upTo(9)) scheduler.push('high', entry);
    expect(drain(scheduler).map(({ priority }) => priority)).to.deep.equal(['high', 'high']);
  });

  it('lets normal and low have their share although high occupies every slot', () => {
    const scheduler = createPriorityScheduler<number>({ slots: 2, reservedForHigh: 1 });
    fill(scheduler, 100);
    expect(drain(scheduler).map(({ priority }) => priority)).to.deep.equal(['high', 'high']);
    expect(takeOneByOne(scheduler, 19, 'high')).to.deep.equal([
      ...repeat('high', 14),
      'normal',
      ...repeat('high', 4),
    ]);
    // The normal one is slow: it stands in the way of its like alone, and whoever was next then is next now.
    scheduler.release('normal');
    expect(scheduler.take()?.priority).to.equal('normal');
  });

  it('takes out what waits in vain, and its priority has no turn any more', () => {
    const scheduler = createPriorityScheduler<number>({ slots: 10, reservedForHigh: 0 });
    fill(scheduler, 4);
    scheduler.take();
    scheduler.drop((entry) => entry >= 1 && entry < 3);
    scheduler.drop((entry) => entry === 3);
    expect(scheduler.waiting('high')).to.equal(0);
    expect(drain(scheduler)).to.deep.equal([
      { priority: 'normal', entry: 0 },
      { priority: 'low', entry: 0 },
    ]);
  });

  it('refuses what cannot work', () => {
    const wrong = [
      { slots: 1, reservedForHigh: 1 },
      { slots: 0, reservedForHigh: 0 },
      { slots: 2, reservedForHigh: -1 },
      { slots: 1.5, reservedForHigh: 0 },
      { slots: 2, reservedForHigh: 0, weights: { ...PRIORITY_WEIGHTS, low: 0 } },
      { slots: 2, reservedForHigh: 0, weights: { ...PRIORITY_WEIGHTS, low: 1.5 } },
    ];
    for (const options of wrong)
      expect(() => createPriorityScheduler(options), JSON.stringify(options)).to.throw(RangeError);
    const scheduler = createPriorityScheduler({ slots: 2, reservedForHigh: 1 });
    expect(() => scheduler.release('low')).to.throw(RangeError);
  });

  it('agrees with plain lists under any order of pushes, takes, releases and drops', () => {
    fc.assert(
      fc.property(limits, scripts, (options, script) => {
        const [scheduler, model] = [createPriorityScheduler<number>(options), createModel(options)];
        for (const [index, step] of script.entries()) {
          expect(run(scheduler, step, index)).to.deep.equal(run(model, step, index));
          expect(observe(scheduler)).to.deep.equal(observe(model));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('has never more in flight than its slots, nor of normal and low than what is not reserved', () => {
    fc.assert(
      fc.property(limits, scripts, (options, script) => {
        const observed = createObserved(options);
        for (const step of script) {
          observed.run(step);
          expect(observed.inFlight().length).to.be.at.most(options.slots);
          expect(observed.othersInFlight()).to.be.at.most(options.slots - options.reservedForHigh);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('passes nobody over who may start more often than the weights of the others sum up to', () => {
    fc.assert(
      fc.property(limits, scripts, (options, script) => {
        const observed = createObserved(options);
        const passed = { high: 0, normal: 0, low: 0 };
        for (const step of script) {
          const candidates = observed.candidates();
          const taken = observed.run(step);
          if (taken === null) continue;
          expect(candidates).to.include(taken);
          for (const priority of candidates) passed[priority] += 1;
          passed[taken] = 0;
          for (const priority of PRIORITIES)
            expect(passed[priority]).to.be.at.most(sumOfOthers(options.weights, priority));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps to the weights within one round in every stretch of takes while all wait', () => {
    fc.assert(
      fc.property(limits, scripts, (options, script) => {
        const { weights } = options;
        const taken = takenWhileAllWait({ ...options, reservedForHigh: 0 }, script);
        expect(greatestDifference(taken, weights, ['high', 'normal', 'low'])).to.be.at.most(1 + 1e-9);
        const reserved = takenWhileAllWait(options, script);
        expect(greatestDifference(reserved, weights, ['normal', 'low'])).to.be.at.most(1 + 1e-9);
      }),
      { numRuns: 200 },
    );
  });
});

type Step =
  | { kind: 'push'; priority: Priority; count: number }
  | { kind: 'release' | 'drop'; priority: Priority }
  | { kind: 'take' };
type Limits = { slots: number; reservedForHigh: number; weights: Record<Priority, number> };

const priorities = fc.constantFrom(...PRIORITIES);
/** Mostly few, so that lines run empty; now and then more than a turn takes. */
const pushed = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 12 }));
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('push' as const), priority: priorities, count: pushed }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('release' as const), priority: priorities }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), priority: priorities }) },
);
/** Without a size of their own, arrays have ten elements at most, whatever their `maxLength`. */
const scripts = fc.array(steps, { maxLength: 300, size: 'max' });
const weight = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 }));
const limits: fc.Arbitrary<Limits> = fc
  .record({
    free: fc.integer({ min: 1, max: 8 }),
    reservedForHigh: fc.nat(4),
    weights: fc.oneof(
      fc.constant({ ...PRIORITY_WEIGHTS }),
      fc.record({ high: weight, normal: weight, low: weight }),
    ),
  })
  .map(({ free, reservedForHigh, weights }) => ({ slots: free + reservedForHigh, reservedForHigh, weights }));

/** One step; what cannot be done (a release with nothing in flight) is told in words. */
function run(scheduler: PriorityScheduler<number>, step: Step, entry: number): unknown {
  switch (step.kind) {
    case 'push':
      return pushMany(scheduler, step, entry);
    case 'take':
      return scheduler.take();
    case 'drop':
      return scheduler.drop(isInVain(step.priority));
    case 'release':
      return attempt(() => scheduler.release(step.priority));
  }
}

/** Every third, by its number, and for each priority other ones. */
function isInVain(priority: Priority): (entry: number) => boolean {
  return (entry) => Math.round(entry * 100) % 3 === PRIORITIES.indexOf(priority);
}

function pushMany(
  scheduler: PriorityScheduler<number>,
  { priority, count }: { priority: Priority; count: number },
  first: number,
): void {
  for (const index of upTo(count)) scheduler.push(priority, first + index / 100);
}

function attempt(action: () => void): string {
  try {
    action();
    return 'done';
  } catch (error) {
    return error instanceof RangeError ? 'refused' : String(error);
  }
}

function observe(scheduler: PriorityScheduler<number>) {
  return {
    startable: scheduler.startable(),
    inFlight: scheduler.inFlight(),
    waiting: [scheduler.waiting(), ...PRIORITIES.map((priority) => scheduler.waiting(priority))],
  };
}

type ModelState = {
  waiting: { priority: Priority; entry: number }[];
  inFlight: Priority[];
  circle: { priority: Priority; left: number }[];
};

/** Lists, and the rules word by word. */
function createModel(
  { slots, reservedForHigh, weights }: Limits,
  state: ModelState = { waiting: [], inFlight: [], circle: [] },
): PriorityScheduler<number> {
  const { waiting, inFlight, circle } = state;
  const isWaiting = (priority: Priority): boolean => waiting.some((one) => one.priority === priority);
  const mayStart = (priority: Priority): boolean =>
    inFlight.length < slots &&
    (priority === 'high' || inFlight.filter((one) => one !== 'high').length < slots - reservedForHigh);

  function take() {
    const turn = circle.find(({ priority }) => mayStart(priority));
    if (turn === undefined) return null;
    const [taken] = waiting.splice(
      waiting.findIndex(({ priority }) => priority === turn.priority),
      1,
    );
    inFlight.push(turn.priority);
    turn.left -= 1;
    if (turn.left > 0 && isWaiting(turn.priority)) return taken ?? null;
    circle.splice(circle.indexOf(turn), 1);
    if (isWaiting(turn.priority)) circle.push({ priority: turn.priority, left: weights[turn.priority] });
    return taken ?? null;
  }

  return {
    take,
    push: (priority, entry) => {
      if (!isWaiting(priority)) circle.push({ priority, left: weights[priority] });
      waiting.push({ priority, entry });
    },
    release: (priority) => {
      if (!inFlight.includes(priority)) throw new RangeError();
      inFlight.splice(inFlight.indexOf(priority), 1);
    },
    drop: (isVain) => {
      const kept = waiting.filter(({ entry }) => !isVain(entry));
      waiting.splice(0, waiting.length, ...kept);
      const turns = circle.filter(({ priority }) => isWaiting(priority));
      circle.splice(0, circle.length, ...turns);
    },
    startable: () => drain(createModel({ slots, reservedForHigh, weights }, copyOf(state))).length,
    waiting: (priority) =>
      waiting.filter((one) => priority === undefined || one.priority === priority).length,
    inFlight: () => inFlight.length,
  };
}

function copyOf({ waiting, inFlight, circle }: ModelState): ModelState {
  return { waiting: [...waiting], inFlight: [...inFlight], circle: circle.map((turn) => ({ ...turn })) };
}

/** A scheduler, and beside it a list of what is in flight. */
function createObserved(options: Limits) {
  const scheduler = createPriorityScheduler<number>(options);
  const inFlight: Priority[] = [];
  const othersInFlight = (): number => inFlight.filter((one) => one !== 'high').length;
  const leave = (priority: Priority): void => {
    const index = inFlight.indexOf(priority);
    if (index === -1) return;
    inFlight.splice(index, 1);
    scheduler.release(priority);
  };

  function runStep(step: Step): Priority | null {
    if (step.kind === 'push') pushMany(scheduler, step, 0);
    if (step.kind === 'release') leave(step.priority);
    return step.kind === 'take' ? take() : null;
  }
  function take(): Priority | null {
    const taken = scheduler.take();
    if (taken !== null) inFlight.push(taken.priority);
    return taken?.priority ?? null;
  }

  /** The priorities that wait and may start now, by what is in flight. */
  const candidates = (): Priority[] =>
    PRIORITIES.filter((priority) => {
      const isFree = inFlight.length < options.slots;
      const isOpen = priority === 'high' || othersInFlight() < options.slots - options.reservedForHigh;
      return isFree && isOpen && scheduler.waiting(priority) > 0;
    });
  return { scheduler, run: runStep, candidates, othersInFlight, inFlight: () => inFlight };
}

function takenWhileAllWait(options: Limits, script: Step[]): Priority[] {
  const observed = createObserved(options);
  fill(observed.scheduler, script.length);
  return script.map((step) => observed.run(step)).filter((taken) => taken !== null);
}

/** Over all stretches: by how many rounds one of these priorities is ahead of another. */
function greatestDifference(taken: Priority[], weights: Limits['weights'], among: Priority[]): number {
  let greatest = 0;
  for (const start of taken.keys()) {
    const rounds = { high: 0, normal: 0, low: 0 };
    for (const priority of taken.slice(start)) {
      rounds[priority] += 1 / weights[priority];
      const counts = among.map((one) => rounds[one]);
      greatest = Math.max(greatest, Math.max(...counts) - Math.min(...counts));
    }
  }
  return greatest;
}

function sumOfOthers(weights: Limits['weights'], priority: Priority): number {
  return weights.high + weights.normal + weights.low - weights[priority];
}

function fill(scheduler: PriorityScheduler<number>, count: number): void {
  for (const entry of upTo(count)) for (const priority of PRIORITIES) scheduler.push(priority, entry);
}

function drain(scheduler: PriorityScheduler<number>) {
  const taken = [];
  for (let next = scheduler.take(); next !== null; next = scheduler.take()) taken.push(next);
  return taken;
}

/** Takes so many, and releases each (or one of `released`) before the next. */
function takeOneByOne(scheduler: PriorityScheduler<number>, count: number, released?: Priority): unknown[] {
  return upTo(count).map(() => {
    if (released !== undefined) scheduler.release(released);
    const taken = scheduler.take();
    if (released === undefined && taken !== null) scheduler.release(taken.priority);
    return taken?.priority;
  });
}

function repeat(priority: Priority, count: number): Priority[] {
  return Array.from({ length: count }, () => priority);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
