import { DEFAULT_CONTENT_LIMITS, validateNotification } from '@fanfare/domain';
import { expect } from 'chai';
import { acrossChannels, generateBodies } from './bodies.ts';

describe('bodies', () => {
  const bodies = generateBodies(1, 2_000);
  const lengths = bodies.map(({ content }) => Array.from(content).length);

  it('are the same for the same seed, and others for another', () => {
    expect(generateBodies(1, 2_000)).to.deep.equal(bodies);
    expect(generateBodies(2, 2_000)).to.not.deep.equal(bodies);
    expect(new Set(bodies.map(({ recipient }) => recipient)).size).to.be.above(1_900);
  });

  it('are texts as people send them: about 90 characters, some of them not ASCII', () => {
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(mean).to.be.within(85, 95);
    expect(Math.max(...lengths)).to.be.at.most(160);
    const withMore = bodies.filter(({ content }) => Buffer.byteLength(content) > content.length);
    expect(withMore.length).to.be.within(bodies.length / 2, bodies.length - 1);
  });

  it('leave nothing of their patterns in the text, and are normal for the most part', () => {
    expect(bodies.filter(({ content }) => content.includes('{'))).to.deep.equal([]);
    expect(bodies.filter(({ priority }) => priority === undefined).length).to.be.above(bodies.length / 2);
    expect(new Set(bodies.map(({ priority }) => priority))).to.deep.equal(
      new Set([undefined, 'high', 'low']),
    );
  });

  it('are as good for each channel as they are for phones', () => {
    const spread = acrossChannels(bodies);
    const rules = { limits: DEFAULT_CONTENT_LIMITS, now: Date.now() };
    expect(spread.filter((body) => !validateNotification(body, rules).ok)).to.deep.equal([]);
    expect(new Set(spread.map(({ channel }) => channel))).to.deep.equal(new Set(['sms', 'email', 'push']));
  });
});
