import { expect } from 'chai';
import fc from 'fast-check';
import { createOffsetTracker } from './offset-tracker.ts';

describe('offset tracker', () => {
  it('commits up to the lowest unfinished offset, whatever finishes first', () => {
    const tracker = createOffsetTracker({ capacity: 8 });
    for (const offset of [10, 11, 12]) expect(tracker.begin(offset)).to.equal('new');
    expect(tracker.committable()).to.equal(null);
    tracker.done(12);
    tracker.done(11);
    expect(tracker.committable()).to.equal(null);
    tracker.done(10);
    expect(tracker.committable()).to.equal(13);
    expect(tracker.inFlight()).to.equal(0);
  });

  it('passes over gaps left by compaction and transaction markers', () => {
    const tracker = createOffsetTracker({ capacity: 8 });
    for (const offset of [1, 5, 9]) tracker.begin(offset);
    tracker.done(5);
    tracker.done(1);
    expect(tracker.committable()).to.equal(6);
    tracker.done(9);
    expect(tracker.committable()).to.equal(10);
  });

  it('knows a refetched offset, in flight or finished', () => {
    const tracker = createOffsetTracker({ capacity: 8 });
    for (const offset of [1, 2, 3]) tracker.begin(offset);
    tracker.done(1);
    tracker.done(3);
    for (const offset of [0, 1, 2, 3]) expect(tracker.begin(offset), String(offset)).to.equal('known');
    expect(tracker.begin(4)).to.equal('new');
  });

  it('refuses an offset that it has passed over, and one for which it has no room', () => {
    const tracker = createOffsetTracker({ capacity: 2 });
    tracker.begin(5);
    expect(() => tracker.begin(4)).to.throw(RangeError);
    tracker.begin(7);
    expect(() => tracker.begin(6)).to.throw(RangeError);
    expect(() => tracker.begin(8)).to.throw(RangeError);
    expect(tracker.begin(7)).to.equal('known');
  });

  it('is full when the oldest holds back its capacity, and half again when half of it is free', () => {
    const tracker = createOffsetTracker({ capacity: 4 });
    for (const offset of [0, 1, 2, 3]) tracker.begin(offset);
    for (const offset of [1, 2, 3]) tracker.done(offset);
    expect([tracker.isFull(), tracker.isHalf()]).to.deep.equal([true, false]);
    tracker.done(0);
    expect([tracker.isFull(), tracker.isHalf()]).to.deep.equal([false, true]);
  });

  it('agrees with a plain list under any order of fetches, completions, gaps and refetches', () => {
    fc.assert(
      fc.property(capacities, fc.array(steps, { maxLength: 300, size: 'max' }), (capacity, script) => {
        const tracker = createOffsetTracker({ capacity });
        const model = createModel(capacity);
        for (const step of script) {
          const [actual, expected] = [run(tracker, model, step), model.apply(step)];
          expect(actual).to.deep.equal(expected);
          expect(observe(tracker)).to.deep.equal(model.observe());
        }
      }),
      { numRuns: 500 },
    );
  });
});

type Step = { kind: 'fetch'; gap: number } | { kind: 'refetch' | 'done'; pick: number };

const capacities = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constantFrom(64, 65, 100, 130));
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fetch' as const), gap: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refetch' as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('done' as const), pick: fc.nat() }) },
);

type Tracker = ReturnType<typeof createOffsetTracker>;
type Model = ReturnType<typeof createModel>;

/** What the tracker answers to a step whose offset the model chooses. Must run before the model's own `apply`. */
function run(tracker: Tracker, model: Model, step: Step): string {
  const offset = model.offsetOf(step);
  if (offset === null) return 'nothing';
  if (step.kind === 'done') {
    tracker.done(offset);
    return 'done';
  }
  return step.kind === 'fetch' && tracker.isFull() ? 'full' : tracker.begin(offset);
}

function observe(tracker: Tracker) {
  return {
    committable: tracker.committable(),
    inFlight: tracker.inFlight(),
    isFull: tracker.isFull(),
    isHalf: tracker.isHalf(),
  };
}

/** Every offset ever begun, and the definition of the position word by word. */
function createModel(capacity: number) {
  const begun: number[] = [];
  const finished = new Set<number>();

  const prefix = (): number[] => {
    const firstOpen = begun.findIndex((offset) => !finished.has(offset));
    return firstOpen === -1 ? begun : begun.slice(0, firstOpen);
  };
  const held = (): number => begun.length - prefix().length;

  function offsetOf(step: Step): number | null {
    if (step.kind === 'fetch') return (begun.at(-1) ?? 100) + 1 + step.gap;
    return begun.length === 0 ? null : (begun[step.pick % begun.length] ?? null);
  }

  function apply(step: Step): string {
    const offset = offsetOf(step);
    if (offset === null) return 'nothing';
    if (step.kind === 'done') {
      finished.add(offset);
      return 'done';
    }
    if (step.kind === 'refetch') return 'known';
    if (held() >= capacity) return 'full';
    begun.push(offset);
    return 'new';
  }

  function observeModel() {
    const last = prefix().at(-1);
    return {
      committable: last === undefined ? null : last + 1,
      inFlight: begun.length - finished.size,
      isFull: held() >= capacity,
      isHalf: held() <= capacity / 2,
    };
  }

  return { offsetOf, apply, observe: observeModel };
}
