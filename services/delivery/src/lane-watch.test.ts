import type { LaneOrders } from '@fanfare/db';
import { createLane, type Lane } from '@fanfare/providers';
import type { Logger } from '@fanfare/runtime';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { watchLanes } from './lane-watch.ts';

const log: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => log,
  flush: () => Promise.resolve(),
};

function laneOf(name: string): Lane {
  return createLane({
    timeoutMs: 10_000,
    channel: 'sms',
    provider: { name, send: () => Promise.reject(new Error('not called')), close: () => Promise.resolve() },
    breaker: { maxFailures: 5, windowMs: 10_000, openMs: 30_000 },
  });
}

const orders = (provider: string, state: Partial<LaneOrders>): LaneOrders => ({
  channel: 'sms',
  provider,
  paused: false,
  throttled_for_ms: 0,
  resumed_at: null,
  ...state,
});

describe('the watch over lanes', () => {
  it('has them as they are known before it resolves, and follows what changes', async () => {
    let said = [orders('primary', { paused: true }), orders('backup', { throttled_for_ms: 60_000 })];
    const lanes = ['primary', 'backup', 'last'].map(laneOf);
    const watch = await watchLanes({
      lanes,
      readOrders: () => Promise.resolve(said),
      announce: () => Promise.resolve(),
      log,
    });
    const seen = () => lanes.map((lane) => lane.state());
    expect(seen()).to.deep.equal(['paused', 'throttled', 'open']);
    // Resuming lifts a wait that a provider asked for, too.
    said = [orders('last', { paused: true }), orders('backup', { resumed_at: 1 })];
    await eventually(() => expect(seen()).to.deep.equal(['open', 'open', 'paused']));
    await watch.stop();
    for (const lane of lanes) await lane.close();
  });

  it('ends a wait of which the database never heard when an operator resumes the lane, and only then', async () => {
    let said = [orders('primary', { resumed_at: 1 })];
    let reads = 0;
    const lane = laneOf('primary');
    const watch = await watchLanes({
      lanes: [lane],
      readOrders: () => {
        reads += 1;
        return Promise.resolve(said);
      },
      announce: () => Promise.resolve(),
      log,
    });
    lane.pauseUntil(Date.now() + 3_600_000);
    const before = reads;
    await eventually(() => expect(reads).to.be.greaterThan(before + 1));
    expect(lane.state()).to.equal('throttled');
    said = [orders('primary', { resumed_at: 2 })];
    await eventually(() => expect(lane.state()).to.equal('open'));
    await watch.stop();
    await lane.close();
  });

  it('keeps lanes as they were while the database is away', async () => {
    let isAway = false;
    const lane = laneOf('primary');
    let asked = 0;
    const watch = await watchLanes({
      lanes: [lane],
      readOrders: () => {
        asked += 1;
        return isAway
          ? Promise.reject(new Error('connection refused'))
          : Promise.resolve([orders('primary', { paused: true })]);
      },
      announce: () => Promise.resolve(),
      log,
    });
    isAway = true;
    const before = asked;
    await eventually(() => expect(asked).to.be.greaterThan(before + 1));
    expect(lane.state()).to.equal('paused');
    await watch.stop();
    await lane.close();
  });
});
