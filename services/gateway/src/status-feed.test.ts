import type { StatusEvent } from '@fanfare/contracts';
import { type StatusFrame, statusMessage } from '@fanfare/redis';
import { expect } from 'chai';
import { createStatusFeed } from './status-feed.ts';

const event: StatusEvent = {
  notification_id: '0198f7a0-0000-7000-8000-000000000000',
  tenant_id: 'default',
  batch_id: null,
  template_id: null,
  channel: 'sms',
  priority: 'high',
  status: 'retrying',
  version: 13,
  cycle: 0,
  attempt: 1,
  max_attempts: 5,
  at: 1_780_000_000_123,
  started_at: null,
  duration_ms: null,
  provider: 'http',
  provider_message_id: null,
  outcome: 'unavailable',
  reason: '503',
  next_retry_at: 1_780_000_030_123,
  correlation_id: 'c-1',
  source: null,
};

function feedOf() {
  const heard = { versions: [] as number[], missed: 0, now: 0 };
  const feed = createStatusFeed({
    onUpdate: ({ version }) => heard.versions.push(version),
    onMissed: () => (heard.missed += 1),
    now: () => heard.now,
  });
  return { heard, feed, hear: (frame: StatusFrame) => feed.onMessage(statusMessage(frame).message) };
}
const eventAt = (since: number, offset: number): StatusFrame => ({ partition: 2, since, offset, event });
const positionAt = (since: number, position: number): StatusFrame => ({ partition: 2, since, position });

describe('status feed', () => {
  it('hands on every event, and misses nothing while each frame begins where the one before ended', () => {
    const { heard, hear } = feedOf();
    hear(positionAt(10, 10));
    const before = heard.missed;
    hear(eventAt(10, 12));
    hear(positionAt(13, 13));
    hear(positionAt(13, 20));
    hear(eventAt(20, 20));
    expect(heard.missed).to.equal(before);
    expect(heard.versions).to.deep.equal([13, 13]);
  });

  it('sees a frame that never came, by the next event or the next position', () => {
    for (const next of [eventAt(13, 13), positionAt(13, 13)]) {
      const { heard, hear } = feedOf();
      hear(positionAt(10, 10));
      const before = heard.missed;
      hear(next);
      expect(heard.missed).to.equal(before + 1);
    }
  });

  it('takes the first frame of a partition for a gap: what came before it nobody heard', () => {
    const { heard, hear } = feedOf();
    hear(eventAt(10, 10));
    expect(heard.missed).to.equal(1);
  });

  it('sees a partition fall silent while others speak', () => {
    const { heard, feed, hear } = feedOf();
    hear(positionAt(10, 10));
    hear({ partition: 3, since: 0, position: 0 });
    const before = heard.missed;
    heard.now = 6_000;
    hear(positionAt(10, 10));
    feed.checkSilence();
    expect(heard.missed).to.equal(before + 1);
    hear({ partition: 3, since: 0, position: 0 });
    feed.checkSilence();
    expect(heard.missed).to.equal(before + 1);
  });

  it('reads again when Redis is back, and when it was never there', () => {
    const { heard, feed } = feedOf();
    feed.onSubscribed();
    expect(heard.missed).to.equal(1);
    heard.now = 6_000;
    feed.checkSilence();
    expect(heard.missed).to.equal(2);
  });

  it('passes over what is no frame', () => {
    const { heard, feed } = feedOf();
    for (const message of [
      '',
      '{',
      'null',
      '[]',
      '{"partition":1}',
      '{"partition":1,"since":0,"offset":1,"event":{}}',
    ])
      feed.onMessage(message);
    expect(heard).to.deep.equal({ versions: [], missed: 0, now: 0 });
  });
});
