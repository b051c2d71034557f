import { expect } from 'chai';
import {
  CHANNELS,
  journey,
  parseRetryTopic,
  parseWorkTopic,
  PRIORITIES,
  retryTopic,
  topics,
  workTopic,
} from './journey.ts';

describe('journey', () => {
  it('names each topic once, every one with somebody who writes it and somebody who reads it', () => {
    const names = topics(4).map(({ topic }) => topic);
    expect(new Set(names).size).to.equal(names.length);
    expect(names).to.have.length(CHANNELS.length * PRIORITIES.length + CHANNELS.length * 4 + 2);
    for (const hop of Object.values(journey)) {
      expect(hop.from).to.not.be.empty;
      expect(hop.to).to.not.be.empty;
    }
  });

  it('reads back what it names, and nothing else', () => {
    for (const channel of CHANNELS) {
      for (const priority of PRIORITIES)
        expect(parseWorkTopic(workTopic(channel, priority))).to.deep.equal({ channel, priority });
      expect(parseRetryTopic(retryTopic(channel, 3))).to.deep.equal({ channel, level: 3 });
      expect(parseWorkTopic(retryTopic(channel, 3))).to.equal(null);
    }
    for (const other of [
      'notifications.status',
      'notifications.fax.high',
      'x.sms.high',
      'notifications.sms.high.x',
    ])
      expect(parseWorkTopic(other)).to.equal(null);
    expect(parseRetryTopic('notifications.fax.retry.1')).to.equal(null);
  });

  it('gives the dead-letter topic room for a largest record and its headers', () => {
    expect(journey.deadLetter.maxMessageBytes).to.be.at.least(2 * journey.work.maxMessageBytes);
  });
});
