import { expect } from 'chai';
import { createSilence } from './silence.ts';

const timeoutMs = 10_000;

describe('silence', () => {
  it('is told by the first call that ends, when enough others have waited for half of the limit', () => {
    for (const [others, expected] of [
      [4, true],
      [3, false],
    ] as const) {
      const { silence, pass } = silenceWith();
      const end = silence.begin();
      for (let count = 0; count < others; count += 1) silence.begin();
      pass(timeoutMs);
      expect(end('unknown'), `${others} others`).to.equal(expected);
    }
  });

  it('is none when one of them was answered meanwhile, whatever the answer', () => {
    for (const answer of ['accepted', 'rejected', 'throttled', 'unavailable'] as const) {
      const { silence, pass } = silenceWith();
      const end = silence.begin();
      const [answered = end] = Array.from({ length: 9 }, () => silence.begin());
      pass(timeoutMs / 2 + 1);
      answered(answer);
      pass(timeoutMs / 2 - 1);
      expect(end('unknown'), answer).to.equal(false);
    }
  });

  it('is not broken by an answer from before it', () => {
    const { silence, pass } = silenceWith();
    const end = silence.begin();
    const [answered = end] = Array.from({ length: 9 }, () => silence.begin());
    answered('accepted');
    pass(timeoutMs);
    expect(end('unknown')).to.equal(true);
  });

  it('is none because of calls that began only now', () => {
    const { silence, pass } = silenceWith();
    const end = silence.begin();
    pass(timeoutMs / 2 + 1);
    for (let count = 0; count < 10; count += 1) silence.begin();
    pass(timeoutMs / 2 - 1);
    expect(end('unknown')).to.equal(false);
  });

  it('is none when a connection breaks under calls that may still be answered', () => {
    const { silence, pass } = silenceWith();
    const end = silence.begin();
    for (let count = 0; count < 9; count += 1) silence.begin();
    pass(timeoutMs / 2 - 1);
    expect(end('unknown')).to.equal(false);
  });

  it('forgets calls that have ended', () => {
    const { silence, pass } = silenceWith();
    const ends = Array.from({ length: 5 }, () => silence.begin());
    pass(timeoutMs);
    expect(ends.map((end) => end('unknown'))).to.deep.equal([true, false, false, false, false]);
  });
});

function silenceWith() {
  let nowMs = 1_000_000;
  const silence = createSilence({ timeoutMs, callsMin: 5, now: () => nowMs });
  return { silence, pass: (ms: number) => void (nowMs += ms) };
}
