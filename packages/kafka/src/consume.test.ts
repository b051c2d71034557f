import { expect } from 'chai';
import {
  type ConsumedRecord,
  type Consumption,
  endOffsets,
  lag,
  type OutgoingRecord,
  type Publisher,
} from './index.ts';
import { proxyTo } from './testing/broker-proxy.ts';
import {
  newGroup,
  newInbox,
  newMoves,
  newTopic,
  opened,
  openKafka,
  openPublisher,
  openReader,
} from './testing/harness.ts';
import { idOf } from './testing/place.ts';
import { addresses } from './testing/stack.ts';

describe('consume', () => {
  const open = opened();
  afterEach(open.closeAll);

  it('hands out records with everything they carry', async () => {
    const topic = await newTopic(1);
    const publisher = await openPublisher(open);
    await publisher.publish([
      { topic, key: 'k', value: Buffer.from('v'), headers: { a: 'ä', b: Buffer.from('b') } },
    ]);
    const inbox = newInbox();
    await openReader(open, inbox, { groupId: newGroup(), topics: [topic] });
    const [record] = await inbox.reached(1);
    expect(record).to.deep.include({ topic, partition: 0, offset: 0, headers: { a: 'ä', b: 'b' } });
    expect([record?.key?.toString(), record?.value?.toString()]).to.deep.equal(['k', 'v']);
    expect(record?.timestampMs).to.be.greaterThan(1_600_000_000_000);
    expect(record?.isStale()).to.equal(false);
  });

  for (const [name, size] of [
    ['empty', 0],
    ['one-byte', 1],
    ['four-byte', 4],
    // More than a fetch of a partition asks for: it comes nevertheless, alone.
    ['1 MiB', 1_048_576],
  ] as const)
    it(`takes ${name} values as they are`, async () => {
      const topic = await newTopic(1, { 'max.message.bytes': '2000000' });
      const publisher = await openPublisher(open);
      const value = Buffer.alloc(size, 7);
      await publisher.publish([recordOf(topic, value)]);
      await publisher.publish([recordOf(topic, Buffer.from('next'))]);
      const inbox = newInbox((each) => each.done());
      await openReader(open, inbox, { groupId: newGroup(), topics: [topic] });
      const [first, second] = await inbox.reached(2);
      expect(first?.value?.equals(value)).to.equal(true);
      expect(second?.value?.toString()).to.equal('next');
    });

  it('never commits past an unfinished record, over a stop and a start', async () => {
    const topic = await newTopic(1);
    const groupId = newGroup();
    await publishNumbers(await openPublisher(open), topic, 10);
    const first = newInbox((each) => {
      if (each.offset !== 3) each.done();
    });
    const consumption = await openReader(open, first, { groupId, topics: [topic] });
    await first.reached(10);
    await consumption.stop();
    expect(await lag({ kafka: await openKafka(open), groupId, topics: [topic] })).to.equal(7);
    const second = newInbox((each) => each.done());
    await openReader(open, second, { groupId, topics: [topic] });
    expect(offsetsOf(await second.reached(7))).to.deep.equal([3, 4, 5, 6, 7, 8, 9]);
  });

  it('commits by itself, and its lag is what is left', async () => {
    const topic = await newTopic(3);
    const [groupId, kafka] = [newGroup(), await openKafka(open)];
    const publisher = await openPublisher(open);
    await publishNumbers(publisher, topic, 60);
    expect(await lag({ kafka, groupId, topics: [topic] })).to.equal(60);
    const inbox = newInbox();
    const consumption = await openReader(open, inbox, { groupId, topics: [topic] });
    const records = await inbox.reached(60);
    for (const each of records) each.done();
    await consumption.commit();
    expect(await lag({ kafka, groupId, topics: [topic] })).to.equal(0);
    await publishNumbers(publisher, topic, 5);
    expect(await lag({ kafka, groupId, topics: [topic] })).to.equal(5);
  });

  it('handles nothing twice when members come and go, and what it loses is stale', async () => {
    const topic = await newTopic(4);
    const groupId = newGroup();
    const publisher = await openPublisher(open);
    await publishNumbers(publisher, topic, 200);
    const first = newInbox();
    const moves = newMoves();
    const stayer = await openReader(open, first, { groupId, topics: [topic], ...moves.options });
    await first.reached(200);
    for (const each of first.records.filter(({ offset }) => offset % 2 === 0)) each.done();

    const second = newInbox();
    const guest = await openReader(open, second, { groupId, topics: [topic] });
    await moves.lost(2);
    const keptPartitions = new Set(stayer.assigned().map(({ partition }) => partition));
    expect(keptPartitions.size).to.equal(2);
    const [kept, lost] = divide(first.records, (each) => keptPartitions.has(each.partition));
    expect(kept.some((each) => each.isStale())).to.equal(false);
    expect(lost.every((each) => each.isStale())).to.equal(true);

    // The guest gets every unfinished record of what was lost, whatever its old owner says of it now.
    for (const each of lost) each.done();
    const unfinished = lost.filter(({ offset }) => offset % 2 === 1).map(idOf);
    await second.when((all) => {
      const seen = new Set(all.map(idOf));
      return unfinished.every((id) => seen.has(id));
    });

    await publishNumbers(publisher, topic, 50);
    await guest.stop();
    await moves.gained(2);
    await first.when((all) => new Set(all.map(idOf)).size === 250);
    const handedOut = Map.groupBy(first.records, idOf);
    const twice = [...handedOut.values()].filter((each) => each.length > 1).flat();
    expect(twice.filter((each) => keptPartitions.has(each.partition))).to.deep.equal([]);
    for (const each of first.records) each.done();
    await stayer.commit();
    expect(await lag({ kafka: await openKafka(open), groupId, topics: [topic] })).to.equal(0);
  });

  it('pauses at a full tracker, resumes at half and loses none of 20 000 records', async () => {
    const topic = await newTopic(2);
    const groupId = newGroup();
    await publishNumbers(await openPublisher(open), topic, 20_000);
    let mostInFlight = 0;
    let pauses = 0;
    const kafka = await openKafka(open, undefined, (line) => {
      if (line.includes('Pausing fetching')) pauses += 1;
    });
    const waiting: ConsumedRecord[] = [];
    const inbox = newInbox((each) => {
      waiting.push(each);
      setImmediate(finishOne, waiting);
    });
    const consumption: Consumption = await openReader(open, inbox, {
      kafka,
      groupId,
      topics: [topic],
      capacity: 100,
      maxWaitMs: 20,
      onRecords(records) {
        inbox.onRecords(records);
        mostInFlight = Math.max(mostInFlight, waiting.length);
      },
    });
    const records = await inbox.reached(20_000);
    await consumption.idle();
    expect(new Set(records.map(idOf)).size).to.equal(20_000);
    expect(records).to.have.length(20_000);
    expect(mostInFlight).to.be.within(1, 200);
    expect(pauses).to.be.at.least(1);
    await consumption.commit();
    expect(await lag({ kafka: await openKafka(open), groupId, topics: [topic] })).to.equal(0);
  });

  it('holds back when it holds too many bytes, and goes on when they are let go', async () => {
    const topic = await newTopic(4);
    const publisher = await openPublisher(open);
    await publisher.publish(Array.from({ length: 400 }, () => recordOf(topic, Buffer.alloc(10_000))));
    const inbox = newInbox();
    const consumption = await openReader(open, inbox, {
      groupId: newGroup(),
      topics: [topic],
      bytesMax: 1_000_000,
    });
    let finished = 0;
    while (finished < 400) {
      await inbox.when((all) => all.length > finished);
      // One fetch of one partition may be over the bound: at most 1 MB.
      expect(consumption.inFlight()).to.be.at.most(205);
      for (const each of inbox.records.slice(finished)) each.done();
      finished = inbox.records.length;
    }
    expect(new Set(inbox.records.map(idOf)).size).to.equal(400);
  });

  it('reads one topic although it holds all that it may of another', async () => {
    const [low, high] = [await newTopic(1), await newTopic(1)];
    const publisher = await openPublisher(open);
    await publisher.publish(Array.from({ length: 400 }, () => recordOf(low, Buffer.alloc(10_000))));
    const inbox = newInbox();
    await openReader(open, inbox, { groupId: newGroup(), topics: [low, high], bytesMax: 1_000_000 });
    await inbox.when((all) => all.length >= 50);
    await publishNumbers(publisher, high, 1);
    const all = await inbox.when((some) => some.some(({ topic }) => topic === high));
    expect(all.filter(({ topic }) => topic === low).length).to.be.lessThan(400);
  });

  it('hands out nothing while paused, tells when it is idle, and goes on', async () => {
    const topic = await newTopic(2);
    const publisher = await openPublisher(open);
    await publishNumbers(publisher, topic, 10);
    const inbox = newInbox();
    const consumption = await openReader(open, inbox, { groupId: newGroup(), topics: [topic] });
    await inbox.reached(10);
    consumption.pause();
    expect(consumption.inFlight()).to.equal(10);
    let isIdle = false;
    const idle = consumption.idle().then(() => (isIdle = true));
    for (const each of inbox.records.slice(1)) each.done();
    await publishNumbers(publisher, topic, 10);
    expect([isIdle, inbox.records.length]).to.deep.equal([false, 10]);
    inbox.records[0]?.done();
    await idle;
    expect(consumption.inFlight()).to.equal(0);
    consumption.resume();
    await inbox.reached(20);
  });

  it('starts where it is told to, and again where it is told then', async () => {
    const topic = await newTopic(1);
    await publishNumbers(await openPublisher(open), topic, 10);
    let position = 6;
    const inbox = newInbox();
    const consumption = await openReader(open, inbox, {
      groupId: newGroup(),
      topics: [topic],
      seekTo: () => Promise.resolve(position),
    });
    expect(offsetsOf(await inbox.reached(4))).to.deep.equal([6, 7, 8, 9]);
    const before = [...inbox.records];
    position = 2;
    consumption.reposition(topic, 0);
    expect(before.every((each) => each.isStale())).to.equal(true);
    expect(offsetsOf((await inbox.reached(12)).slice(4))).to.deep.equal([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('keeps its place in partitions that it keeps, wherever the group has committed to', async () => {
    const topic = await newTopic(2);
    const groupId = newGroup();
    await publishNumbers(await openPublisher(open), topic, 100);
    const earlier = newInbox((each) => each.done());
    const ahead = await openReader(open, earlier, { groupId, topics: [topic] });
    await earlier.reached(100);
    await ahead.stop();

    const inbox = newInbox();
    const moves = newMoves();
    const options = { groupId, topics: [topic], seekTo: fromTheFirst };
    const stayer = await openReader(open, inbox, { ...options, ...moves.options, capacity: 10 });
    await inbox.reached(20);
    const guest = await openReader(open, newInbox(), options);
    await moves.lost(1);
    const [kept] = stayer.assigned();
    while (offsetsOf(recordsOf(inbox.records, kept?.partition)).length < countIn(kept?.partition))
      await finishAndAwaitMore(inbox);
    const offsets = offsetsOf(recordsOf(inbox.records, kept?.partition));
    expect(offsets).to.deep.equal(offsets.map((_, index) => index));
    await guest.stop();

    function countIn(partitionKept: number | undefined): number {
      return earlier.records.filter((each) => each.partition === partitionKept).length;
    }
  });

  it('asks again for a position that could not be had', async () => {
    const topic = await newTopic(1);
    await publishNumbers(await openPublisher(open), topic, 3);
    let asked = 0;
    const inbox = newInbox();
    await openReader(open, inbox, {
      groupId: newGroup(),
      topics: [topic],
      seekTo() {
        asked += 1;
        return asked === 1 ? Promise.reject(new Error('away')) : Promise.resolve(1);
      },
    });
    expect(offsetsOf(await inbox.reached(2))).to.deep.equal([1, 2]);
  });

  it('starts at the first record there is when its position is gone', async () => {
    const topic = await newTopic(1);
    const kafka = await openKafka(open);
    await publishNumbers(await openPublisher(open), topic, 10);
    const admin = await kafka.admin();
    expect(await endOffsets({ kafka, topic })).to.deep.equal([{ partition: 0, low: 0, high: 10 }]);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
    expect(await endOffsets({ kafka, topic })).to.deep.equal([{ partition: 0, low: 4, high: 10 }]);
    const inbox = newInbox();
    await openReader(open, inbox, { groupId: newGroup(), topics: [topic], seekTo: () => Promise.resolve(1) });
    expect(offsetsOf(await inbox.reached(6))).to.deep.equal([4, 5, 6, 7, 8, 9]);
  });

  it('survives a broker that goes away and comes back', async () => {
    const topic = await newTopic(2);
    const publisher = await openPublisher(open);
    const proxy = await proxyTo((await addresses()).brokers[0] ?? '');
    open.add(() => proxy.close());
    const restarted = Promise.withResolvers<void>();
    const kafka = await openKafka(open, [proxy.address], (line) => {
      if (line.includes('Restarting the consumer')) restarted.resolve();
    });
    const inbox = newInbox((each) => each.done());
    await openReader(open, inbox, { kafka, groupId: newGroup(), topics: [topic] });
    await publishNumbers(publisher, topic, 10);
    await inbox.reached(10);
    proxy.goDown();
    await publishNumbers(publisher, topic, 10);
    // Its own attempts are used up.
    await restarted.promise;
    proxy.comeBack();
    await inbox.when((all) => new Set(all.map(idOf)).size === 20);
  });

  it('tells once of a receiver that throws, and hands it nothing more', async () => {
    const topic = await newTopic(1);
    const publisher = await openPublisher(open);
    await publishNumbers(publisher, topic, 1);
    const failures: string[] = [];
    let calls = 0;
    const failed = Promise.withResolvers<void>();
    const consumption = await openReader(open, newInbox(), {
      groupId: newGroup(),
      topics: [topic],
      onRecords() {
        calls += 1;
        throw new TypeError('a bug');
      },
      onFatal(error) {
        failures.push(error.message);
        failed.resolve();
      },
    });
    await failed.promise;
    await publishNumbers(publisher, topic, 5);
    await consumption.stop();
    expect([failures, calls]).to.deep.equal([['a bug'], 1]);
  });
});

function recordOf(topic: string, value: Buffer): OutgoingRecord {
  return { topic, key: null, value };
}

async function publishNumbers(publisher: Publisher, topic: string, count: number): Promise<void> {
  await publisher.publish(
    Array.from({ length: count }, (_, index) => recordOf(topic, Buffer.from(String(index)))),
  );
}

function fromTheFirst(): Promise<number> {
  return Promise.resolve(0);
}

function offsetsOf(records: ConsumedRecord[]): number[] {
  return records.map(({ offset }) => offset);
}

function recordsOf(records: ConsumedRecord[], wanted: number | undefined): ConsumedRecord[] {
  return records.filter((each) => each.partition === wanted);
}

function divide<T>(all: T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

/** Finishes a record from anywhere in the middle: the order of completion is not that of the offsets. */
function finishOne(waiting: ConsumedRecord[]): void {
  const index = Math.floor(Math.random() * waiting.length);
  waiting.splice(index, 1)[0]?.done();
}

async function finishAndAwaitMore(inbox: ReturnType<typeof newInbox>): Promise<void> {
  const seen = inbox.records.length;
  for (const each of inbox.records) each.done();
  await inbox.when((all) => all.length > seen);
}
