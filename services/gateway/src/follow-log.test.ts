import { setImmediate as settled } from 'node:timers/promises';
import type { LogPage, LogPosition } from '@fanfare/db';
import type { StatusFrame } from '@fanfare/redis';
import { expect } from 'chai';
import fc from 'fast-check';
import { byPartition, createFakeLog, eventAt, type Place, placeOf } from './fixture.ts';
import { type FollowDeps, followLog } from './follow-log.ts';

const PAGE = 3;

type Read = { after: LogPosition | null; page: LogPage; answer: (page: LogPage) => void };

/** A follower whose reads are answered when the test says so. */
function following() {
  const log = createFakeLog();
  const reads: Read[] = [];
  const heard: Place[] = [];
  const seen = { gaps: 0, restarts: 0, logId: '', offsets: [] as LogPosition[] };
  const deps: FollowDeps = {
    read: (after) =>
      new Promise((answer) => reads.push({ after, page: log.page(after, PAGE, seen.logId), answer })),
    onChange: ({ state, place }) => {
      heard.push(placeOf(state));
      seen.offsets.push(place?.offsets ?? new Map());
    },
    onRestart: () => (seen.restarts += 1),
    onGap: () => (seen.gaps += 1),
    onEnd: () => undefined,
    epochMs: () => 0,
  };
  const follower = followLog(deps);
  /** The page as it was when it was asked for, or as it is now: both may come. */
  const answer = async (isLate = false): Promise<void> => {
    const read = reads.shift();
    read?.answer(isLate ? log.page(read.after, PAGE, seen.logId) : read.page);
    await settled();
  };
  const answerAll = async (): Promise<void> => {
    while (reads.length > 0) await answer();
  };
  return { log, follower, heard, seen, reads, answer, answerAll };
}

const PARTITIONS = [0, 1];

describe('following the log', () => {
  it('hands on what frames tell while each begins where the one before ended, and reads nothing then', async () => {
    const { log, follower, heard, seen, answer, reads } = following();
    for (const _ of [1, 2]) log.append(0);
    await answer(true);
    expect(heard, 'what was before').to.be.empty;
    for (const frame of [log.append(0), log.append(0, 5), log.position(0), log.append(0), log.append(1)])
      follower.hear(frame);
    expect(heard).to.deep.equal([
      [0, 2],
      [0, 8],
      [0, 9],
      [1, 0],
    ]);
    expect([seen.gaps, reads.length]).to.deep.equal([0, 0]);
    expect(seen.offsets.map((offsets) => offsets.get(0))).to.deep.equal([3, 9, 10, 10]);
  });

  it('reads what a lost frame told, by the next event or the next position', async () => {
    for (const tell of ['append', 'position'] as const) {
      const { log, follower, heard, seen, answerAll } = following();
      await answerAll();
      log.append(0);
      follower.hear(log[tell](0));
      expect(heard).to.be.empty;
      await answerAll();
      expect(heard).to.deep.equal(log.after(new Map()));
      expect(seen.gaps).to.equal(1);
    }
  });

  it('hands on everything once and in order, whatever frames are lost and however reading takes its time', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('event' as const),
        partition: fc.constantFrom(...PARTITIONS),
        skip: fc.nat(2),
        isLost: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('position' as const),
        partition: fc.constantFrom(...PARTITIONS),
        isLost: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('answer' as const), isLate: fc.boolean() }),
      fc.record({ kind: fc.constant('silence' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.array(step, { maxLength: 40, size: 'max' }), async (before, steps) => {
        const { log, follower, heard, answer, answerAll } = following();
        for (let index = 0; index < before; index += 1) log.append(0);
        await answer(true);
        for (const one of steps) {
          if (one.kind === 'answer') await answer(one.isLate);
          else if (one.kind === 'silence') follower.readOn();
          else {
            const frame =
              one.kind === 'event' ? log.append(one.partition, one.skip) : log.position(one.partition);
            if (!one.isLost) follower.hear(frame);
          }
        }
        await answerAll();
        for (const partition of PARTITIONS) follower.hear(log.position(partition));
        await answerAll();
        expect(byPartition(heard)).to.deep.equal(byPartition(log.after(new Map([[0, before]]))));
      }),
      { numRuns: 500 },
    );
  });

  it('reads again rather than remember more than 10 000 frames', async () => {
    const { log, follower, heard, answerAll } = following();
    await answerAll();
    follower.readOn();
    for (let index = 0; index < 10_010; index += 1) {
      const frame = log.append(0);
      if (index > 0) follower.hear(frame);
    }
    await answerAll();
    follower.hear(log.position(0));
    await answerAll();
    expect(heard).to.deep.equal(log.after(new Map()));
  });

  it('goes on with a frame of which Postgres knows nothing', async () => {
    const { follower, heard, answerAll, reads } = following();
    await answerAll();
    const frame = { partition: 7, since: 40, position: 40 } satisfies StatusFrame;
    follower.hear(frame);
    await answerAll();
    expect(follower.place()?.offsets.get(7)).to.equal(40);
    follower.hear(frame);
    expect([heard.length, reads.length]).to.deep.equal([0, 0]);
  });

  it('begins anew with another log, and with one that was set back', async () => {
    for (const change of ['another', 'back'] as const) {
      const { log, follower, heard, seen, answer, reads } = following();
      for (const _ of [1, 2, 3]) log.append(0);
      await answer(true);
      if (change === 'another') {
        seen.logId = 'other';
        follower.readOn();
        await answer();
      } else {
        follower.hear({ partition: 0, since: 1, position: 1 });
        reads.shift()?.answer({ states: [], position: new Map([[0, 1]]), isEnd: true, logId: '' });
        await settled();
      }
      expect([seen.restarts, heard.length]).to.deep.equal([1, 0]);
      expect(follower.place()?.offsets.get(0)).to.equal(change === 'another' ? 3 : 1);
    }
  });

  it('begins anew when the projector was set back, though the log has caught up by when it is read', async () => {
    const { log, follower, heard, seen, answerAll } = following();
    await answerAll();
    const [first, second] = [log.append(0), log.append(0)];
    for (const frame of [first, second, log.position(0)]) follower.hear(frame);
    await answerAll();
    expect(seen.restarts).to.equal(0);
    for (const frame of [first, second]) follower.hear(frame);
    await answerAll();
    expect([seen.restarts, heard.length]).to.deep.equal([1, 2]);
  });

  it('tells once more, after it began anew, what a set-back log tells once more', async () => {
    const { log, follower, heard, seen, reads, answer } = following();
    await answer();
    const frame = log.append(0);
    follower.hear(frame);
    follower.hear({ partition: 0, since: 0, position: 0 });
    reads.shift()?.answer({ states: [], position: new Map([[0, 0]]), isEnd: true, logId: '' });
    await settled();
    follower.hear(frame);
    expect([seen.restarts, heard.length]).to.deep.equal([1, 2]);
  });

  it('leaves out a state that is older than one before it', async () => {
    const { follower, heard, answerAll } = following();
    await answerAll();
    for (const [offset, version] of [
      [0, 900_017],
      [1, 12],
      [2, 1_000_001],
    ] as const) {
      const event = { ...eventAt(0, offset), notification_id: 'a', version };
      follower.hear({ partition: 0, since: offset, offset, event });
    }
    expect(heard).to.have.length(2);
  });
});
