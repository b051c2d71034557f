import type { ShutLane } from '@fanfare/db';
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
    channel: 'sms',
    provider: { name, send: () => Promise.reject(new Error('not called')), close: () => Promise.resolve() },
    breaker: { maxFailures: 5, windowMs: 10_000, openMs: 30_000 },
  });
}

const shut = (provider: string, state: Partial<ShutLane>): ShutLane => ({
  channel: 'sms',
  provider,
  paused: false,
  throttled_for_ms: 0,
  ...state,
});

describe('the watch over lanes', () => {
  it('has them as they are known before it resolves, and follows what changes', async () => {
    let states = [shut('primary', { paused: true }), shut('backup', { throttled_for_ms: 60_000 })];
    const lanes = ['primary', 'backup', 'last'].map(laneOf);
    const watch = await watchLanes({
      lanes,
      readStates: () => Promise.resolve(states),
      announce: () => Promise.resolve(),
      log,
    });
    const seen = () => lanes.map((lane) => lane.state());
    expect(seen()).to.deep.equal(['paused', 'throttled', 'open']);
    // Resuming lifts a wait that a provider asked for, too.
    states = [shut('last', { paused: true })];
    await eventually(() => expect(seen()).to.deep.equal(['open', 'open', 'paused']));
    await watch.stop();
    for (const lane of lanes) await lane.close();
  });

  it('keeps lanes as they were while the database is away', async () => {
    let isAway = false;
    const lane = laneOf('primary');
    let asked = 0;
    const watch = await watchLanes({
      lanes: [lane],
      readStates: () => {
        asked += 1;
        return isAway
          ? Promise.reject(new Error('connection refused'))
          : Promise.resolve([shut('primary', { paused: true })]);
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
