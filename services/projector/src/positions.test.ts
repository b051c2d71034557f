import { expect } from 'chai';
import { createPositions } from './positions.ts';
import { startPosition } from './start-position.ts';
import type { Logger } from '@fanfare/runtime';

const event = { notification_id: 'n' } as never;

function positionsAt(progress: number, readPositions = () => Promise.resolve(new Map<number, number>())) {
  const repositioned: number[] = [];
  const positions = createPositions({
    startPosition: () => Promise.resolve(progress),
    readProgress: () => Promise.resolve(progress),
    readPositions,
    reposition: (partition) => void repositioned.push(partition),
  });
  return { ...positions, repositioned };
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

  it('has partitions read anew that the database has set back, and those alone', async () => {
    const stored = new Map([0, 10, 9, 11].entries());
    const positions = positionsAt(10, () => Promise.resolve(stored));
    for (const partition of [1, 2, 3]) await positions.start(partition);
    await positions.recheck();
    expect(positions.repositioned).to.deep.equal([2]);
    await positions.start(4);
    await positions.recheck();
    expect(positions.repositioned).to.deep.equal([2, 2, 4]);
  });

  it('takes no position for set back that has moved on while the database was asked', async () => {
    const asked = Promise.withResolvers<Map<number, number>>();
    const positions = positionsAt(10, () => asked.promise);
    await positions.start(0);
    const rechecked = positions.recheck();
    positions.settle([{ partition: 0, expected: 10, next: 12 }], [0]);
    asked.resolve(new Map([[0, 10]]));
    await rechecked;
    expect(positions.repositioned).to.be.empty;
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
