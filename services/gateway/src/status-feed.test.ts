import { setImmediate as settled } from 'node:timers/promises';
import { type StatusFrame, statusMessage } from '@fanfare/redis';
import { expect } from 'chai';
import { createFakeLog, eventAt, type Place, placeOf } from './fixture.ts';
import { createStatusFeed } from './status-feed.ts';

function feedOf() {
  const log = createFakeLog();
  const heard = { places: [] as Place[], reads: 0, now: 0 };
  const feed = createStatusFeed({
    read: (after) => {
      heard.reads += 1;
      return Promise.resolve(log.page(after, 100));
    },
    onChange: ({ state }) => heard.places.push(placeOf(state)),
    onRestart: () => expect.fail('there is one log only'),
    onEnd: () => undefined,
    now: () => heard.now,
    epochMs: () => 0,
  });
  return { log, heard, feed, hear: (frame: StatusFrame) => feed.onMessage(statusMessage(frame).message) };
}

describe('status feed', () => {
  it('hands on what is told', async () => {
    const { log, heard, hear } = feedOf();
    await settled();
    hear(log.append(0));
    hear(log.append(1, 3));
    expect(heard.places).to.deep.equal([
      [0, 0],
      [1, 3],
    ]);
    expect(heard.reads).to.equal(1);
  });

  it('reads on when Redis is there, at first or again', async () => {
    const { log, heard, feed } = feedOf();
    await settled();
    log.append(0);
    feed.onSubscribed();
    await settled();
    expect(heard).to.deep.include({ places: [[0, 0]], reads: 2 });
  });

  it('reads on as long as a partition is silent, while others speak or none does', async () => {
    const { log, heard, feed, hear } = feedOf();
    await settled();
    heard.now = 2_600;
    hear(log.position(0));
    log.append(1);
    feed.checkSilence();
    await settled();
    log.append(1);
    feed.checkSilence();
    await settled();
    expect(heard).to.deep.include({
      places: [
        [1, 0],
        [1, 1],
      ],
      reads: 3,
    });
    hear(log.position(1));
    feed.checkSilence();
    expect(heard.reads).to.equal(3);
  });

  it('passes over what is no frame', async () => {
    const { heard, feed } = feedOf();
    await settled();
    for (const message of [
      '',
      '{',
      'null',
      '[]',
      '{"partition":1}',
      '{"partition":1,"since":0,"offset":1,"event":{}}',
      JSON.stringify({ partition: -1, since: 0, offset: 0, event: eventAt(0, 0) }),
    ])
      feed.onMessage(message);
    expect(heard).to.deep.equal({ places: [], reads: 1, now: 0 });
  });
});
