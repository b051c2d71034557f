import { expect } from 'chai';
import fc from 'fast-check';
import { type Decision, decide, type DecideInput, release } from './decide.ts';
import type { Outcome } from './outcome.ts';
import { RETRY_AFTER_MAX_MS, scheduleElsewhere } from './retry-schedule.ts';
import { allows, type Transition } from './states.ts';

const NOW = 1_900_000_000_000;
const DELAYS_MS = [1_000, 10_000];

type Mode = 'at_least_once' | 'at_most_once';
type Shape = {
  outcome: Outcome;
  mode: Mode;
  attempt: number;
  expiresInMs: number | null;
  isNextOpen?: boolean;
};

function decisionOf(
  { outcome, mode, attempt, expiresInMs, isNextOpen = false }: Shape,
  random = 0,
): Decision {
  const expires_at = expiresInMs === null ? null : NOW + expiresInMs;
  const delivery = { attempt, max_attempts: 3, delivery_mode: mode, expires_at };
  return decide({ delivery, outcome, isNextOpen, delaysMs: DELAYS_MS, now: NOW, random });
}

const OUTCOMES = {
  accepted: { kind: 'accepted', messageId: 'm1' },
  rejected: { kind: 'rejected', reason: 'why' },
  throttled: { kind: 'throttled', reason: 'why', retryAfterMs: null },
  'throttled for 5 s': { kind: 'throttled', reason: 'why', retryAfterMs: 5_000 },
  unreached: { kind: 'unavailable', reason: 'why', answered: false, retryAfterMs: null },
  'answered 5xx': { kind: 'unavailable', reason: 'why', answered: true, retryAfterMs: null },
  'answered 5xx, 20 s': { kind: 'unavailable', reason: 'why', answered: true, retryAfterMs: 20_000 },
  unknown: { kind: 'unknown', reason: 'why' },
} satisfies Record<string, Outcome>;

// What is decided at attempts 1, 2 and 3 of 3, without an expiry: `retrying` with its wait, or the end and its reason.
type Row = [
  outcome: keyof typeof OUTCOMES,
  mode: Mode | 'either',
  first: string,
  second: string,
  last: string,
];
const TABLE: Row[] = [
  ['accepted', 'either', 'delivered', 'delivered', 'delivered'],
  ['rejected', 'either', 'failed rejected', 'failed rejected', 'failed rejected'],
  ['throttled', 'either', 'retrying 1000', 'retrying 1000', 'retrying 1000'],
  ['throttled for 5 s', 'either', 'retrying 5000', 'retrying 5000', 'retrying 5000'],
  ['unreached', 'either', 'retrying 1000', 'retrying 10000', 'failed attempts_exhausted'],
  ['answered 5xx', 'at_least_once', 'retrying 1000', 'retrying 10000', 'failed attempts_exhausted'],
  ['answered 5xx, 20 s', 'at_least_once', 'retrying 20000', 'retrying 20000', 'failed attempts_exhausted'],
  ['unknown', 'at_least_once', 'retrying 1000', 'retrying 10000', 'failed attempts_exhausted'],
  [
    'answered 5xx',
    'at_most_once',
    'failed unknown_outcome',
    'failed unknown_outcome',
    'failed unknown_outcome',
  ],
  [
    'answered 5xx, 20 s',
    'at_most_once',
    'failed unknown_outcome',
    'failed unknown_outcome',
    'failed unknown_outcome',
  ],
  ['unknown', 'at_most_once', 'failed unknown_outcome', 'failed unknown_outcome', 'failed unknown_outcome'],
];

function told(decision: Decision): string {
  switch (decision.state) {
    case 'retrying':
      return `retrying ${decision.delayMs}`;
    case 'failed':
      return `failed ${decision.why}`;
    case 'delivered':
    case 'expired':
      return decision.state;
  }
}

describe('decide', () => {
  for (const [name, modes, ...expected] of TABLE)
    for (const mode of modes === 'either' ? (['at_least_once', 'at_most_once'] as const) : [modes])
      for (const [index, end] of expected.entries()) {
        const shape = { outcome: OUTCOMES[name], mode, attempt: index + 1 };
        it(`${name}, ${mode}, attempt ${index + 1} of 3: ${end}`, () => {
          expect(told(decisionOf({ ...shape, expiresInMs: null }))).to.equal(end);
        });
        it(`${name}, ${mode}, attempt ${index + 1} of 3, about to expire: no wait reaches the expiry`, () => {
          const wait = end.startsWith('retrying ') ? Number(end.slice('retrying '.length)) : null;
          const byExpiry = [1, wait ?? 1, (wait ?? 1) + 1].map((expiresInMs) =>
            told(decisionOf({ ...shape, expiresInMs })),
          );
          expect(byExpiry).to.deep.equal(wait === null ? [end, end, end] : ['expired', 'expired', end]);
        });
      }

  it('hands on what the provider said', () => {
    const shape = { mode: 'at_least_once', attempt: 1, expiresInMs: null } as const;
    expect(decisionOf({ ...shape, outcome: OUTCOMES.accepted })).to.deep.equal({
      state: 'delivered',
      providerMessageId: 'm1',
    });
    for (const [name, outcome] of Object.entries(OUTCOMES))
      if (outcome.kind !== 'accepted')
        expect(decisionOf({ ...shape, outcome }), name).to.have.property('reason', 'why');
    const expired = decisionOf({ ...shape, outcome: OUTCOMES.unknown, expiresInMs: 1 });
    expect(expired).to.have.property('reason').that.includes('why');
  });

  it('waits for another open provider as long as that asks for, and not for the one that failed', () => {
    for (const name of ['unknown', 'answered 5xx', 'answered 5xx, 20 s'] as const) {
      const shape = { outcome: OUTCOMES[name], mode: 'at_least_once', expiresInMs: null } as const;
      const waits = [1, 2, 3].map((attempt) => told(decisionOf({ ...shape, attempt, isNextOpen: true })));
      expect(waits, name).to.deep.equal(['retrying 1000', 'retrying 1000', 'failed attempts_exhausted']);
    }
  });

  it('differs by that in nothing but the wait', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const [open, shut] = [
          decide({ ...input, isNextOpen: true }),
          decide({ ...input, isNextOpen: false }),
        ];
        const { delivery, outcome, delaysMs, random } = input;
        if (open.state !== 'retrying' || outcome.kind === 'throttled') expect(open).to.deep.equal(shut);
        else {
          expect(shut.state).to.be.oneOf(['retrying', 'expired']);
          expect(open.delayMs).to.equal(scheduleElsewhere(delivery.attempt, delaysMs, random));
        }
      }),
    );
  });

  it('keeps its bounds for every input', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { attempt, max_attempts, expires_at, delivery_mode } = input.delivery;
        const decision = decide(input);
        const transition = TRANSITION_TO[decision.state];
        expect(allows(transition, 'processing')).to.equal(true);
        if (decision.state === 'delivered') expect(input.outcome.kind).to.equal('accepted');
        if (decision.state !== 'retrying') return;
        expect(decision.delayMs).to.be.within(1, RETRY_AFTER_MAX_MS).and.satisfy(Number.isSafeInteger);
        if (expires_at !== null) expect(input.now + decision.delayMs).to.be.below(expires_at);
        if (input.outcome.kind !== 'throttled') expect(attempt).to.be.below(max_attempts);
        if (delivery_mode === 'at_most_once') expect(mayHaveBeenSent(input.outcome)).to.equal(false);
      }),
    );
  });
});

describe('release', () => {
  it('gives the attempt back for about a second', () => {
    expect(told(release(0))).to.equal('retrying 1000');
    expect(told(release(0.999))).to.equal('retrying 1200');
  });
});

const TRANSITION_TO: Record<Decision['state'], Transition> = {
  delivered: 'deliver',
  failed: 'fail',
  expired: 'expire',
  retrying: 'retry',
};

function mayHaveBeenSent(outcome: Outcome): boolean {
  return outcome.kind === 'unknown' || (outcome.kind === 'unavailable' && outcome.answered);
}

const reason = fc.string();
const retryAfterMs = fc.option(fc.nat({ max: 10_000_000 }));
const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ kind: fc.constant('accepted' as const), messageId: fc.option(fc.string()) }),
  fc.record({ kind: fc.constant('rejected' as const), reason }),
  fc.record({ kind: fc.constant('throttled' as const), reason, retryAfterMs }),
  fc.record({ kind: fc.constant('unavailable' as const), reason, answered: fc.boolean(), retryAfterMs }),
  fc.record({ kind: fc.constant('unknown' as const), reason }),
);
const anyInput: fc.Arbitrary<DecideInput> = fc.record({
  delivery: fc.record({
    attempt: fc.integer({ min: 1, max: 12 }),
    max_attempts: fc.integer({ min: 1, max: 10 }),
    delivery_mode: fc.constantFrom('at_least_once', 'at_most_once'),
    expires_at: fc.option(fc.integer({ min: NOW - 10_000, max: NOW + 5_000_000 })),
  }),
  outcome: anyOutcome,
  isNextOpen: fc.boolean(),
  delaysMs: fc.array(fc.integer({ min: 1, max: 4_000_000 }), { minLength: 1, maxLength: 5 }),
  now: fc.constant(NOW),
  random: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
});
