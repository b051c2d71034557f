import { expect } from 'chai';
import fc from 'fast-check';
import {
  DEFAULT_RETRY_DELAYS_MS,
  levelFor,
  RETRY_AFTER_MAX_MS,
  scheduleElsewhere,
  schedulePause,
  scheduleRetry,
  scheduleSoon,
} from './retry-schedule.ts';

const JUST_BELOW_1 = 1 - 2 ** -53;
const random = fc.double({ min: 0, max: JUST_BELOW_1, noNaN: true });
const delays = fc.array(fc.integer({ min: 1, max: 3_000_000 }), { minLength: 1, maxLength: 6 });
const attempts = fc.integer({ min: 1, max: 10 });
const retryAfter = fc.option(fc.oneof(fc.integer({ min: -1, max: 10_000_000 }), fc.constant(Infinity)));

describe('retry schedule', () => {
  it('is 30 s, 1 m, 2 m, 4 m, and 4 m from then on', () => {
    const waits = [1, 2, 3, 4, 5, 10].map((attempt) =>
      scheduleRetry(attempt, null, DEFAULT_RETRY_DELAYS_MS, 0),
    );
    expect(waits).to.deep.equal([30_000, 60_000, 120_000, 240_000, 240_000, 240_000]);
  });

  it('is never early, and at most a fifth late', () => {
    fc.assert(
      fc.property(attempts, delays, random, (attempt, delaysMs, drawn) => {
        const own = delaysMs[Math.min(attempt, delaysMs.length) - 1] ?? NaN;
        const wait = scheduleRetry(attempt, null, delaysMs, drawn);
        expect(wait)
          .to.be.within(own, Math.ceil(own * 1.2))
          .and.satisfy(Number.isSafeInteger);
      }),
    );
    expect(scheduleRetry(1, null, [1_000], JUST_BELOW_1)).to.equal(1_200);
    expect(scheduleRetry(1, null, [1_000], 0.5)).to.equal(1_100);
  });

  it('waits as long as a provider asks, up to an hour, and never shorter than its own delay', () => {
    fc.assert(
      fc.property(attempts, retryAfter, delays, random, (attempt, asked, delaysMs, drawn) => {
        const wait = scheduleRetry(attempt, asked, delaysMs, drawn);
        expect(wait).to.be.at.least(scheduleRetry(attempt, null, delaysMs, 0));
        expect(wait).to.be.at.least(Math.min(asked ?? 0, RETRY_AFTER_MAX_MS));
        expect(wait).to.be.at.most(RETRY_AFTER_MAX_MS);
      }),
    );
    expect(scheduleRetry(1, 90_000, DEFAULT_RETRY_DELAYS_MS, 0)).to.equal(90_000);
    expect(scheduleRetry(1, 5_000, DEFAULT_RETRY_DELAYS_MS, 0)).to.equal(30_000);
    expect(scheduleRetry(1, 86_400_000, DEFAULT_RETRY_DELAYS_MS, 0.9)).to.equal(RETRY_AFTER_MAX_MS);
  });
});

describe('pause of a throttled attempt', () => {
  it('is what the provider asks for, at least a second, at most an hour', () => {
    const pauses = [0, -5_000, 500, 7_000, 86_400_000].map((asked) =>
      schedulePause(asked, DEFAULT_RETRY_DELAYS_MS, 0),
    );
    expect(pauses).to.deep.equal([1_000, 1_000, 1_000, 7_000, 3_600_000]);
  });

  it('is the first delay when the provider asks for nothing', () => {
    expect(schedulePause(null, DEFAULT_RETRY_DELAYS_MS, 0)).to.equal(30_000);
    expect(schedulePause(null, [100, 200], 0.25)).to.equal(105);
  });

  it('is never early, at most a fifth late, and a whole number', () => {
    fc.assert(
      fc.property(retryAfter, delays, random, (asked, delaysMs, drawn) => {
        const own = Math.min(
          asked === null ? (delaysMs[0] ?? NaN) : Math.max(asked, 1_000),
          RETRY_AFTER_MAX_MS,
        );
        const pause = schedulePause(asked, delaysMs, drawn);
        expect(pause)
          .to.be.within(own, Math.ceil(own * 1.2))
          .and.satisfy(Number.isSafeInteger);
      }),
    );
  });
});

describe('retry while another provider is open', () => {
  it('comes after a second, twice, and then as scheduled', () => {
    const waits = [1, 2, 3, 4, 5].map((attempt) => scheduleElsewhere(attempt, DEFAULT_RETRY_DELAYS_MS, 0));
    expect(waits).to.deep.equal([1_000, 1_000, 120_000, 240_000, 240_000]);
  });

  it('never comes later than without it', () => {
    fc.assert(
      fc.property(attempts, delays, random, (attempt, delaysMs, drawn) => {
        const scheduled = scheduleRetry(attempt, null, delaysMs, drawn);
        expect(scheduleElsewhere(attempt, delaysMs, drawn)).to.be.within(1, scheduled);
      }),
    );
    expect(scheduleElsewhere(1, [300], 0)).to.equal(300);
  });
});

describe('release', () => {
  it('lets the next worker try after a second', () => {
    expect([scheduleSoon(0), scheduleSoon(0.5), scheduleSoon(JUST_BELOW_1)]).to.deep.equal([
      1_000, 1_100, 1_200,
    ]);
  });
});

describe('retry level', () => {
  it('is the longest delay that fits into the wait, so that short waits are not held up by long ones', () => {
    const levels = [0, 1, 29_999, 30_000, 36_000, 59_999, 60_000, 239_999, 240_000, 3_600_000].map((wait) =>
      levelFor(wait, DEFAULT_RETRY_DELAYS_MS),
    );
    expect(levels).to.deep.equal([1, 1, 1, 1, 1, 1, 2, 3, 4, 4]);
  });

  it('always exists', () => {
    fc.assert(
      fc.property(fc.integer(), delays, (wait, delaysMs) => {
        expect(levelFor(wait, delaysMs)).to.be.within(1, delaysMs.length);
      }),
    );
  });

  it('of an attempt is the attempt’s own, jitter or not', () => {
    for (const attempt of [1, 2, 3, 4])
      for (const drawn of [0, 0.5, JUST_BELOW_1]) {
        const wait = scheduleRetry(attempt, null, DEFAULT_RETRY_DELAYS_MS, drawn);
        expect(levelFor(wait, DEFAULT_RETRY_DELAYS_MS)).to.equal(attempt);
      }
  });
});
