import { setImmediate as settled } from 'node:timers/promises';
import type { LogPage, LogPosition } from '@fanfare/db';
import { expect } from 'chai';
import fc from 'fast-check';
import { readCursor } from './cursor.ts';
import { byPartition, createFakeLog, eventAt, type Place as LogPlace, placeOf } from './fixture.ts';
import { createListener, dispatch, type Hub, unsubscribe } from './hub.ts';
import { replay } from './replay.ts';
import { statusUpdate } from './status-update.ts';
import type { Interest } from './told.ts';

const PAGE = 3;
const ALL: Interest = { kind: 'all' };
const DAY_MS = 24 * 60 * 60_000;

/** A client that resumes at `from`, while changes are dispatched up to `dispatched`. */
function resuming(from: LogPosition, then: Partial<{ at: number; logMark: number }> = {}) {
  const log = createFakeLog();
  const hub: Hub = new Map();
  const sent: { place: LogPlace; offsets: LogPosition }[] = [];
  const reads: { after: LogPosition; page: LogPage; answer: (page: LogPage) => void }[] = [];
  const state = { dispatched: new Map<number, number>(), room: Promise.resolve() };
  const listener = createListener(
    {
      send: (_, frame) => {
        const { notification_id, cursor } = JSON.parse(frame.toString()) as Record<string, string>;
        const offsets = readCursor(cursor ?? '')?.place.offsets ?? new Map<number, number>();
        sent.push({ place: placeOf({ notification_id: notification_id ?? '' }), offsets });
      },
      room: () => state.room,
    },
    { subscriptions: 0 },
  );
  const deps = {
    hub,
    readLog: (_: Interest, after: LogPosition) =>
      new Promise<LogPage>((answer) => reads.push({ after, page: log.page(after, PAGE), answer })),
    place: () => ({ offsets: state.dispatched, log: '', at: 0 }),
    epochMs: () => DAY_MS,
  };
  const tell = (partition: number, offset: number): void => {
    state.dispatched = new Map([...state.dispatched, [partition, offset + 1]]);
    const place = { offsets: state.dispatched, log: '', at: 0 };
    dispatch(hub, { state: statusUpdate(eventAt(partition, offset)), place, partition, offset });
  };
  const answer = async (isLate = false): Promise<void> => {
    const read = reads.shift();
    read?.answer(isLate ? log.page(read.after, PAGE) : read.page);
    await settled();
  };
  const start = () =>
    replay(deps, listener, { interest: ALL, place: { offsets: from, at: DAY_MS, logMark: 0, ...then } });
  return { log, hub, sent, reads, state, listener, tell, answer, start };
}

describe('replay', () => {
  it('tells everything after the cursor once and in order, however reading and dispatching interleave', async () => {
    const partition = fc.constantFrom(0, 1);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('event' as const), partition }),
      fc.record({ kind: fc.constant('dispatch' as const), partition }),
      fc.record({ kind: fc.constant('answer' as const), isLate: fc.boolean() }),
    );
    const steps = fc.array(step, { maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(fc.tuple(fc.nat(6), fc.nat(6)), fc.nat(6), steps, async ([a, b], cursor, all) => {
        const from = new Map([
          [0, Math.min(cursor, a)],
          [1, 0],
        ]);
        const { log, sent, reads, tell, answer, start, state } = resuming(from);
        const waiting: LogPlace[] = [];
        for (let index = 0; index < a; index += 1) log.append(0);
        for (let index = 0; index < b; index += 1) log.append(1);
        // What was dispatched before the client came; the rest, projected already, comes after.
        state.dispatched = new Map([
          [0, a],
          [1, b],
        ]);
        const dispatchNext = (of?: number): void => {
          const index = waiting.findIndex(([one]) => of === undefined || one === of);
          const [next] = index < 0 ? [] : waiting.splice(index, 1);
          if (next !== undefined) tell(...next);
        };
        const end = start();
        for (const one of all) {
          if (one.kind === 'answer') await answer(one.isLate);
          else if (one.kind === 'dispatch') dispatchNext(one.partition);
          else {
            const frame = log.append(one.partition);
            if ('event' in frame) waiting.push([frame.partition, frame.offset]);
          }
        }
        while (reads.length > 0) await answer();
        expect((await end).end).to.equal('resumed');
        while (waiting.length > 0) dispatchNext();
        expect(byPartition(sent.map(({ place }) => place))).to.deep.equal(byPartition(log.after(from)));
        expectExact(from, sent);
      }),
      { numRuns: 500 },
    );
  });

  it('reads on when more was dispatched meanwhile than waits', async () => {
    const { log, sent, reads, tell, answer, start } = resuming(new Map([[0, 0]]));
    log.append(0);
    const end = start();
    for (let index = 0; index < 1_200; index += 1) {
      const frame = log.append(0);
      if ('event' in frame) tell(0, frame.offset);
    }
    while (reads.length > 0) await answer();
    expect((await end).end).to.equal('resumed');
    expect(sent.map(({ place }) => place)).to.deep.equal(log.after(new Map()));
  });

  it('waits for a client that takes its time, and reads no page meanwhile', async () => {
    const { log, sent, reads, state, answer, start } = resuming(new Map([[0, 0]]));
    for (let index = 0; index < 5; index += 1) log.append(0);
    const room = Promise.withResolvers<void>();
    state.room = room.promise;
    const end = start();
    await answer();
    expect([sent.length, reads.length]).to.deep.equal([0, 0]);
    room.resolve();
    await settled();
    while (reads.length > 0) await answer();
    expect((await end).end).to.equal('resumed');
    expect(sent).to.have.length(5);
  });

  it('stops when the client wants no more', async () => {
    const { log, hub, sent, listener, reads, answer, start } = resuming(new Map([[0, 0]]));
    for (let index = 0; index < 5; index += 1) log.append(0);
    const end = start();
    await answer();
    unsubscribe(hub, listener, ALL);
    await answer();
    expect((await end).end).to.equal('left');
    expect([sent.length, reads.length]).to.deep.equal([3, 0]);
  });

  it('knows when it cannot go on from a cursor', async () => {
    const cursors: [string, LogPosition, Partial<{ at: number; logMark: number }>][] = [
      ['of a place that is yet to come', new Map([[0, 6]]), {}],
      ['of a partition that there is not', new Map([[9, 0]]), {}],
      ['of another log', new Map([[0, 1]]), { logMark: 7 }],
      ['of the day before', new Map([[0, 1]]), { at: -1 }],
    ];
    for (const [name, from, then] of cursors) {
      const { log, sent, answer, start } = resuming(from, then);
      for (let index = 0; index < 5; index += 1) log.append(0);
      const end = start();
      await answer();
      expect([(await end).end, sent.length], name).to.deep.equal(['unknown', 0]);
    }
    const { log, state, answer, start } = resuming(new Map([[0, 0]]));
    log.append(0, 4_500_000);
    state.dispatched = new Map([[0, 4_500_001]]);
    const end = start();
    await answer();
    expect((await end).end, 'too far back').to.equal('unknown');
  });
});

/** Whoever resumes with the cursor of a frame misses nothing that came after it, and gets nothing again. */
function expectExact(from: LogPosition, sent: { place: LogPlace; offsets: LogPosition }[]): void {
  const reached = new Map(from);
  for (const { place, offsets } of sent) {
    reached.set(place[0], place[1] + 1);
    for (const [partition, offset] of reached)
      expect(offsets.get(partition), `offset of partition ${partition}`).to.equal(offset);
  }
}
