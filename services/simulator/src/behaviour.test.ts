import { expect } from 'chai';
import { answerFor, changeBehaviour, latencyMs } from './behaviour.ts';
import type { Answer, Behaviour } from './behaviour.ts';

const calm: Behaviour = {
  latencyMs: 0,
  jitterMs: 0,
  failRate: 0,
  throttleRate: 0,
  hangRate: 0,
  dropRate: 0,
  retryAfterSeconds: 1,
};

describe('answerFor', () => {
  const marked: readonly [content: string, answers: Answer[]][] = [
    ['hello', ['accepted', 'accepted']],
    ['[fail:2] hello', ['failed', 'failed', 'accepted', 'accepted']],
    ['hello [fail]', ['failed', 'failed', 'failed']],
    ['[reject]', ['rejected', 'rejected']],
    ['[throttle:1]', ['throttled', 'accepted']],
    ['[hang]', ['hung', 'hung']],
    ['[drop:1]', ['dropped', 'accepted']],
    ['[fail:1][throttle:3] in a row', ['failed', 'throttled', 'throttled', 'accepted']],
    ['[fail:0] [unknown] [fail:x]', ['accepted']],
  ];
  for (const [content, answers] of marked)
    it(`"${content}": ${answers.join(', ')}`, () => {
      const got = answers.map((_, index) =>
        answerFor({ content, attempt: index + 1, behaviour: calm, random: 0 }),
      );
      expect(got).to.deep.equal(answers);
    });

  it('leaves the rest to chance, each answer with its share', () => {
    const behaviour = { ...calm, failRate: 0.1, throttleRate: 0.2, hangRate: 0.3, dropRate: 0.15 };
    const shares = new Map<Answer, number>();
    for (let draw = 0; draw < 100; draw += 1) {
      const answer = answerFor({ content: 'hello', attempt: 1, behaviour, random: (draw + 0.5) / 100 });
      shares.set(answer, (shares.get(answer) ?? 0) + 1);
    }
    expect(Object.fromEntries(shares)).to.deep.equal({
      failed: 10,
      throttled: 20,
      hung: 30,
      dropped: 15,
      accepted: 25,
    });
  });

  it('lets a marker win over chance, also when its attempts are over', () => {
    const behaviour = { ...calm, failRate: 1 };
    const at = (content: string) => answerFor({ content, attempt: 2, behaviour, random: 0 });
    expect([at('[reject]'), at('[throttle:1]'), at('hello')]).to.deep.equal([
      'rejected',
      'accepted',
      'failed',
    ]);
  });
});

describe('latencyMs', () => {
  it('is spread evenly over the jitter', () => {
    const behaviour = { ...calm, latencyMs: 20, jitterMs: 10 };
    expect([0, 0.5, 1].map((random) => latencyMs(behaviour, random))).to.deep.equal([20, 25, 30]);
  });
});

describe('changeBehaviour', () => {
  it('takes what is given and keeps the rest', () => {
    const changed = changeBehaviour({ ...calm, failRate: 0.5 }, { latencyMs: 20 });
    expect(changed).to.deep.equal({ behaviour: { ...calm, failRate: 0.5, latencyMs: 20 } });
  });

  it('names every fault', () => {
    expect(faults({ latencyMs: -1, failRate: '0.5', dropRate: 2 })).to.deep.equal([
      'latencyMs',
      'failRate',
      'dropRate',
    ]);
    expect(faults({ latency: 1 })).to.have.length(1);
    expect(faults(null)).to.have.length(1);
    expect(faults({ failRate: 0.6, hangRate: 0.6 })).to.deep.equal(['failRate']);
  });
});

function faults(change: unknown): string[] {
  const result = changeBehaviour(calm, change);
  return 'faults' in result ? result.faults.map(({ field }) => field) : [];
}
