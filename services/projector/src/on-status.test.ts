import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { STATUS_TOPIC, type StatusEvent } from '@fanfare/contracts';
import {
  DatabaseAway,
  getNotification,
  getTrace,
  project,
  readPositions,
  readProgress,
  rewindProgress,
} from '@fanfare/db';
import { eventOf, store, useDatabase } from '@fanfare/db/fixture';
import { type ConsumedRecord, Undecodable } from '@fanfare/kafka';
import { parseStatusFrame, type StatusFrame } from '@fanfare/redis';
import { createLogger } from '@fanfare/runtime';
import { expect } from 'chai';
import { projectGroup, type StatusDeps } from './on-status.ts';
import { createPositions } from './positions.ts';

/** The projection on a real database; the test stands in for Kafka's and Redis's ends only. */
describe('projectGroup', () => {
  const database = useDatabase();
  let partition = 0;

  beforeEach(() => {
    partition += 1;
  });

  it('folds events into trace and read model and tells of each, in order', async () => {
    const id = await accepted();
    const projector = await startProjector();
    await projector.project(recordsOf([queued(id), processing(id), delivered(id)]));
    expect(await getNotification(database.db, id)).to.include({
      status: 'delivered',
      attempts: 1,
      provider_message_id: 'm-1',
      delivered_at: new Date(AT + 3).toISOString(),
    });
    expect((await getTrace(database.db, id)).map(({ event }) => event)).to.deep.equal([
      'created',
      'queued',
      'processing',
      'delivered',
    ]);
    expect(projector.toldVersions()).to.deep.equal([1, 12, 900_007]);
    expect(await position()).to.equal(3);
  });

  it('changes nothing and tells nothing when the same events come again', async () => {
    const id = await accepted();
    const first = await startProjector();
    await first.project(recordsOf([queued(id), processing(id)]));
    const before = [await getNotification(database.db, id), await getTrace(database.db, id)];
    const again = recordsOf([queued(id), processing(id)], { from: 2 });
    await first.project(again);
    expect([await getNotification(database.db, id), await getTrace(database.db, id)]).to.deep.equal(before);
    expect(first.toldVersions()).to.deep.equal([1, 12]);
    expect(again.every(isDone)).to.equal(true);
  });

  it('ends at the highest version, in whatever order events come', async () => {
    const id = await accepted();
    const projector = await startProjector();
    await projector.project(recordsOf([delivered(id), queued(id)]));
    await projector.project(recordsOf([processing(id)], { from: 2 }));
    expect(await getNotification(database.db, id)).to.include({ status: 'delivered', provider: 'http' });
    expect((await getTrace(database.db, id)).map(({ event }) => event)).to.deep.equal([
      'created',
      'queued',
      'processing',
      'delivered',
    ]);
  });

  it('writes nothing from a wrong position, and goes on from the right one', async () => {
    const [known, fresh] = [await accepted(), await accepted()];
    const slow = await startProjector();
    await (await startProjector()).project(recordsOf([queued(known), delivered(known)]));
    const records = recordsOf([
      { ...queued(known), reason: 'another story' },
      delivered(known),
      queued(fresh),
    ]);
    await slow.project(records);
    expect(slow.toldVersions()).to.deep.equal([1]);
    expect((await getTrace(database.db, known)).map(({ details }) => details['reason'])).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await getNotification(database.db, fresh)).to.include({ status: 'queued' });
    expect(await position()).to.equal(3);
    expect(records.every(isDone)).to.equal(true);
  });

  it('loses no state when it is killed between commit and frame, and lets the gateways see that one is missing', async () => {
    const id = await accepted();
    const killed = await startProjector({ publish: () => new Promise(() => {}) });
    void killed.project(recordsOf([queued(id)]));
    await killed.published;
    expect(await getNotification(database.db, id)).to.include({ status: 'queued' });
    const successor = await startProjector();
    await successor.project(recordsOf([queued(id), processing(id)]));
    expect(successor.told).to.have.length(1);
    // The last frame that anybody heard ended at 0.
    expect(successor.told[0]).to.include({ since: 1, offset: 1 });
  });

  it('passes over a record that cannot be read', async () => {
    const id = await accepted();
    const projector = await startProjector();
    const records = [recordOf(null, 0), ...recordsOf([queued(id)], { from: 1 }), recordOf(null, 2)];
    await projector.project(records);
    expect(await getNotification(database.db, id)).to.include({ status: 'queued' });
    expect(await position()).to.equal(3);
    expect(records.every(isDone)).to.equal(true);
  });

  it('passes over an event that the database refuses, and over that one alone', async () => {
    const ids = await Promise.all(Array.from({ length: 7 }, accepted));
    const events = ids.map((id, index) => ({ ...queued(id), batch_id: index === 3 ? 'no uuid' : null }));
    const projector = await startProjector();
    const records = recordsOf(events);
    await projector.project(records);
    const statuses = await Promise.all(
      ids.map(async (id) => (await getNotification(database.db, id))?.status),
    );
    expect(statuses).to.deep.equal(['queued', 'queued', 'queued', 'pending', 'queued', 'queued', 'queued']);
    expect(projector.told.map((frame) => 'offset' in frame && frame.offset)).to.deep.equal([
      0, 1, 2, 4, 5, 6,
    ]);
    expect(await position()).to.equal(7);
    expect(records.every(isDone)).to.equal(true);
  });

  it('passes over a refused event at the end of a group', async () => {
    const projector = await startProjector();
    await projector.project(recordsOf([{ ...queued(randomUUID()), notification_id: 'x' }]));
    expect(await position()).to.equal(1);
  });

  it('tries again while Postgres is away, and acknowledges nothing before', async () => {
    const id = await accepted();
    const records = recordsOf([queued(id)]);
    let failures = 2;
    const projector = await startProjector({
      project: (moves, events) => {
        expect(records.some(isDone)).to.equal(false);
        failures -= 1;
        return failures < 0
          ? project(database.db, STATUS_TOPIC, moves, events)
          : Promise.reject(new DatabaseAway('away'));
      },
    });
    await projector.project(records);
    expect(records.every(isDone)).to.equal(true);
    expect(projector.toldVersions()).to.deep.equal([1]);
  });

  it('breaks the chain of frames when the reply to its commit was lost', async () => {
    const [id, next] = [await accepted(), await accepted()];
    let isLost = false;
    const projector = await startProjector({
      project: async (moves, events) => {
        const projected = await project(database.db, STATUS_TOPIC, moves, events);
        if (isLost) return projected;
        isLost = true;
        throw new DatabaseAway('the reply was lost');
      },
    });
    await projector.project(recordsOf([queued(id)]));
    await projector.project(recordsOf([queued(next)], { from: 1 }));
    expect(projector.told).to.have.length(1);
    expect(projector.told[0]).to.include({ since: 1, offset: 1 });
  });

  it('has the log read anew from a position that went back', async () => {
    const [id, next] = [await accepted(), await accepted()];
    const projector = await startProjector();
    await projector.project(recordsOf([queued(id)], { from: 5 }));
    await rewindProgress(database.db, STATUS_TOPIC, { partition, expected: 6, next: 2 });
    const records = recordsOf([queued(next)], { from: 6 });
    await projector.project(records);
    expect(projector.repositioned).to.deep.equal([partition]);
    expect(records.some(isDone)).to.equal(false);
    expect(await position()).to.equal(2);
    expect(await getNotification(database.db, next)).to.include({ status: 'pending' });
  });

  it('leaves records of a partition that has gone to another member alone', async () => {
    const projector = await startProjector();
    const records = recordsOf([queued(await accepted())]);
    revoke(records);
    await projector.project(records);
    expect(records.some(isDone)).to.equal(false);
    expect(await position()).to.equal(0);
  });

  async function startProjector(changes: Partial<StatusDeps> = {}) {
    const told: StatusFrame[] = [];
    const repositioned: number[] = [];
    const current = new Set<TestRecord>();
    const published = Promise.withResolvers<void>();
    const positions = createPositions({
      startPosition: (one) => readProgress(database.db, STATUS_TOPIC, one),
      readProgress: (one) => readProgress(database.db, STATUS_TOPIC, one),
      readPositions: () => readPositions(database.db, STATUS_TOPIC),
      reposition: (one) => {
        repositioned.push(one);
        revoke([...current]);
      },
    });
    await positions.start(partition);
    const deps: StatusDeps = {
      decode: (bytes) =>
        bytes === null
          ? Promise.reject(new Undecodable('no bytes'))
          : Promise.resolve(JSON.parse(bytes.toString()) as StatusEvent),
      project: (moves, events) => project(database.db, STATUS_TOPIC, moves, events),
      positions,
      persist: untilItSucceeds,
      log: createLogger({ service: 'test', level: 'error', stream: new PassThrough().resume() }),
      ...changes,
      publish: (messages) => {
        published.resolve();
        for (const { message } of messages) told.push(parseStatusFrame(message) as StatusFrame);
        return changes.publish?.(messages) ?? Promise.resolve(0);
      },
    };
    return {
      told,
      repositioned,
      published: published.promise,
      toldVersions: () => told.map((frame) => ('event' in frame ? frame.event.version : null)),
      project: (records: TestRecord[]) => {
        for (const record of records) current.add(record);
        return projectGroup(deps, records);
      },
    };
  }

  type TestRecord = ConsumedRecord & { test: { isDone: boolean; isStale: boolean } };

  function recordsOf(events: StatusEvent[], { from = 0 } = {}): TestRecord[] {
    return events.map((event, index) => recordOf(event, from + index));
  }

  function recordOf(event: StatusEvent | null, offset: number): TestRecord {
    const test = { isDone: false, isStale: false };
    return {
      topic: STATUS_TOPIC,
      partition,
      offset,
      key: null,
      value: event === null ? null : Buffer.from(JSON.stringify(event)),
      headers: {},
      timestampMs: AT,
      done: () => void (test.isDone ||= !test.isStale),
      isStale: () => test.isStale,
      test,
    };
  }

  function isDone({ test }: TestRecord): boolean {
    return test.isDone;
  }

  function revoke(records: TestRecord[]): void {
    for (const { test } of records) test.isStale = true;
  }

  function position(): Promise<number> {
    return readProgress(database.db, STATUS_TOPIC, partition);
  }

  async function accepted(): Promise<string> {
    const [id = ''] = await store(database.db, [{}]);
    return id;
  }
});

const AT = 1_780_000_000_000;

async function untilItSucceeds<T>(_: string, step: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await step();
    } catch (error) {
      if (tries > 5) throw error;
    }
  }
}

function queued(id: string): StatusEvent {
  return { ...eventOf(id, 'queued', 1), at: AT + 1 };
}

function processing(id: string): StatusEvent {
  return { ...eventOf(id, 'processing', 12), attempt: 1, at: AT + 2, started_at: AT + 2 };
}

function delivered(id: string): StatusEvent {
  return {
    ...eventOf(id, 'delivered', 900_007),
    attempt: 1,
    at: AT + 3,
    started_at: AT + 2,
    duration_ms: 1,
    provider: 'http',
    provider_message_id: 'm-1',
    outcome: 'accepted',
  };
}
