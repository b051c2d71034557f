import { expect } from 'chai';
import { createPositions } from './positions.ts';
import { startPosition } from './start-position.ts';
import type { Logger } from '@fanfare/runtime';

const event = { notification_id: 'n' } as never;

function positionsAt(progress: number) {
  return createPositions({
    startPosition: () => Promise.resolve(progress),
    readProgress: () => Promise.resolve(progress),
    reposition: () => {},
  });
}

describe('positions', () => {
  it('chains frames without a gap, over events that were told before', async () => {
    const positions = positionsAt(10);
    await positions.start(0);
    const moves = positions.movesPast([10, 11, 12, 13].map((offset) => ({ partition: 0, offset })));
    expect(moves).to.deep.equal([{ partition: 0, expected: 10, next: 14 }]);
    positions.settle(moves, [0]);
    const frames = [
      positions.eventFrame(0, { offset: 11, event }),
      ...positions.positionFrames(),
      ...positions.positionFrames(),
    ];
    expect(frames).to.deep.equal([
      { partition: 0, since: 10, offset: 11, event },
      { partition: 0, since: 12, position: 14 },
      { partition: 0, since: 14, position: 14 },
    ]);
  });

  it('speaks of no partition that it does not hold', async () => {
    const positions = positionsAt(10);
    await positions.start(0);
    await positions.start(1);
    positions.forget([0]);
    expect(positions.positionFrames()).to.deep.equal([{ partition: 1, since: 10, position: 10 }]);
    expect(positions.isPassed({ partition: 0, offset: 0 })).to.equal(false);
    expect(positions.movesPast([{ partition: 0, offset: 20 }])).to.be.empty;
  });

  it('takes a position that did not move for wrong until it is read again', async () => {
    const positions = positionsAt(10);
    await positions.start(0);
    positions.settle([{ partition: 0, expected: 10, next: 12 }], []);
    expect(positions.isPassed({ partition: 0, offset: 5 })).to.equal(false);
    await positions.refresh([{ partition: 0, offset: 10 }]);
    expect(positions.isPassed({ partition: 0, offset: 5 })).to.equal(true);
    expect(positions.isPassed({ partition: 0, offset: 10 })).to.equal(false);
  });
});

function start(position: number, range: { low: number; high: number }): Promise<number> {
  let stored = position;
  return startPosition(
    {
      readProgress: () => Promise.resolve(stored),
      rewindProgress: ({ expected, next }) => {
        if (stored === expected) stored = next;
        return Promise.resolve();
      },
      ranges: () => Promise.resolve([{ partition: 0, ...range }]),
      log: { warn: () => {} } as unknown as Logger,
    },
    0,
  );
}

describe('startPosition', () => {
  it('is the stored position while the log reaches that far', async () => {
    expect(await start(7, { low: 0, high: 7 })).to.equal(7);
    expect(await start(7, { low: 20, high: 30 })).to.equal(7);
  });

  it('is the start of a log that was made anew', async () => {
    expect(await start(7, { low: 2, high: 6 })).to.equal(2);
  });
});
