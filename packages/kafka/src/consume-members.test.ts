import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type ConsumedRecord, type Consumption, lag } from './index.ts';
import { proxyTo } from './testing/broker-proxy.ts';
import { type CommitWatch, watchCommits } from './testing/commit-watch.ts';
import {
  committedOf,
  newGroup,
  newInbox,
  newMoves,
  newTopic,
  opened,
  openKafka,
  openPublisher,
  openReader,
  publishSpread,
} from './testing/harness.ts';
import type { MemberSettings } from './testing/member.ts';
import { idOf, type Place } from './testing/place.ts';
import { addresses } from './testing/stack.ts';

/** A member that is gone is noticed soon. */
const SHORT_SESSION = { sessionTimeoutMs: 1_500, heartbeatMs: 300 };

describe('consume, as members come, go and die', () => {
  const open = opened();
  afterEach(open.closeAll);

  it('commits what is done and nothing ahead of it, whoever has the partition meanwhile', async () => {
    const [topic, groupId] = [await newTopic(2), newGroup()];
    const kafka = await openKafka(open);
    await publishSpread(await openPublisher(open), topic, { count: 20, partitions: 2 });
    const inbox = newInbox();
    const moves = newMoves();
    const stayer = await openReader(open, inbox, { groupId, topics: [topic], ...moves.options });
    await inbox.reached(20);
    const guest = await openReader(open, newInbox(), { groupId, topics: [topic] });
    await moves.lost(1);
    const [away] = moves.revoked;
    const before = inbox.records.filter(({ partition }) => partition === away);

    // Done too late: the records are the guest's, which has finished none of them.
    for (const each of before) each.done();
    await stayer.commit();
    expect((await committedOf(kafka, { groupId, topic })).get(away ?? -1)).to.equal(-1);

    // They come again, as records of a new time: what becomes of the old ones says nothing of them.
    await guest.stop();
    await inbox.when((all) => all.length === 30);
    const again = inbox.records.slice(20);
    expect(again.map(idOf)).to.deep.equal(before.map(idOf));
    for (const each of before) each.done();
    await stayer.commit();
    expect((await committedOf(kafka, { groupId, topic })).get(away ?? -1)).to.equal(-1);
    for (const each of again.slice(0, 4)) each.done();
    await stayer.commit();
    expect((await committedOf(kafka, { groupId, topic })).get(away ?? -1)).to.equal(4);
  });

  it('commits what gets done while a commit is under way with the next one', async () => {
    const [topic, groupId] = [await newTopic(1), newGroup()];
    const kafka = await openKafka(open);
    await publishSpread(await openPublisher(open), topic, { count: 10, partitions: 1 });
    const proxy = await proxyTo((await addresses()).brokers[0] ?? '');
    open.add(() => proxy.close());
    const inbox = newInbox();
    const consumption = await openReader(open, inbox, {
      kafka: await openKafka(open, [proxy.address]),
      groupId,
      topics: [topic],
    });
    const records = await inbox.reached(10);
    for (const each of records.slice(0, 4)) each.done();
    proxy.freeze();
    const committed = consumption.commit();
    // By its next turn the commit has chosen its offset.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    for (const each of records.slice(4, 9)) each.done();
    proxy.thaw();
    await committed;
    await eventually(async () =>
      expect(await committedOf(kafka, { groupId, topic })).to.deep.equal(new Map([[0, 9]])),
    );
  });

  it('lets another member in while its trackers are full and every partition is paused', async () => {
    const [topic, groupId] = [await newTopic(4), newGroup()];
    await publishSpread(await openPublisher(open), topic, { count: 400, partitions: 4 });
    const inbox = newInbox();
    const moves = newMoves();
    const options = { groupId, topics: [topic], capacity: 10 };
    const stayer = await openReader(open, inbox, { ...options, ...moves.options });
    await inbox.reached(40);

    const second = newInbox();
    const guest = await openReader(open, second, options);
    await moves.lost(2);
    await second.reached(20);
    // A member that had missed the rebalance would have been put out of the group, and lost all four.
    expect(moves.revoked).to.have.length(2);
    const kept = inbox.records.filter(({ partition }) => !moves.revoked.includes(partition));
    expect(kept.some((each) => each.isStale())).to.equal(false);
    expect([stayer.inFlight(), guest.inFlight()]).to.deep.equal([20, 20]);

    const handled = new Set<string>();
    await eventually(async () => {
      for (const each of [...inbox.records, ...second.records])
        if (!each.isStale()) {
          handled.add(idOf(each));
          each.done();
        }
      expect(handled.size).to.equal(400);
    });
    await Promise.all([stayer.commit(), guest.commit()]);
    expect(await lag({ kafka: await openKafka(open), groupId, topics: [topic] })).to.equal(0);
  });

  it('loses nothing of a member killed with kill -9', async () => {
    const [topic, groupId] = [await newTopic(4), newGroup()];
    const { brokers } = await addresses();
    const kafka = await openKafka(open);
    await publishSpread(await openPublisher(open), topic, { count: 2_000, partitions: 4 });
    const watch = watchCommits(open, kafka, { groupId, topic });
    const settings = {
      brokers,
      groupId,
      topic,
      sessionTimeoutMs: SHORT_SESSION.sessionTimeoutMs,
      workMs: 200,
      // Something is left to do when it dies, however late that is.
      handledMax: 1_900,
    };
    const member = startMember(settings, (report) => watch.finished(report));
    open.add(() => member.kill('SIGKILL'));
    await eventually(() => expect(watch.finishedCount()).to.be.at.least(700));
    member.kill('SIGKILL');
    await once(member, 'close');
    await watch.look();
    const handledByTheDead = watch.finishedCount();
    expect(handledByTheDead).to.be.lessThan(2_000);

    const inbox = newInbox();
    const heir = await openReader(open, inbox, { groupId, topics: [topic], ...SHORT_SESSION });
    // A few at a time, each seen to be committed: on a slow machine the watch would see one commit of all.
    let begun = 0;
    await eventually(async () => {
      for (const each of inbox.records.slice(begun, begun + 10)) finish(watch, each);
      begun = Math.min(begun + 10, inbox.records.length);
      await heir.commit();
      await watch.look();
      expect(watch.finishedCount()).to.equal(2_000);
    });
    await eventually(async () => expect(await lag({ kafka, groupId, topics: [topic] })).to.equal(0));
    const { breaches, moves } = await watch.stop();
    expect(breaches).to.deep.equal([]);
    expect(moves).to.be.at.least(8);
    // It goes on where the dead one had committed to, not at the beginning.
    expect(inbox.records.length).to.be.within(2_000 - handledByTheDead, 1_999);
  });

  it('finishes every record in a storm of joins and leaves, and never commits past an unfinished one', async () => {
    const [topic, groupId] = [await newTopic(6), newGroup()];
    const kafka = await openKafka(open);
    const publisher = await openPublisher(open);
    const watch = watchCommits(open, kafka, { groupId, topic });
    const proxy = await proxyTo((await addresses()).brokers[0] ?? '');
    open.add(() => proxy.close());
    let handedOut = 0;
    const join = async (brokers?: string[]): Promise<Consumption> =>
      openReader(open, newInbox(), {
        kafka: await openKafka(open, brokers),
        groupId,
        topics: [topic],
        ...SHORT_SESSION,
        capacity: 64,
        onRecords(records) {
          handedOut += records.length;
          for (const each of records) setTimeout(() => finish(watch, each), Math.random() * 200);
        },
      });

    // One that nothing is heard of for longer than its session, and that comes back.
    await join([proxy.address]);
    const members: Consumption[] = [];
    for (const [index, step] of STORM.entries()) {
      await publishSpread(publisher, topic, { count: 5_000 / STORM.length, partitions: 6 });
      if (index === 6) proxy.freeze();
      if (index === 12) proxy.thaw();
      if (step === 'J') members.push(await join());
      else await members.shift()?.stop();
    }
    await eventually(() => expect(watch.finishedCount()).to.equal(5_000));
    await eventually(async () => expect(await lag({ kafka, groupId, topics: [topic] })).to.equal(0));
    const { breaches, moves } = await watch.stop();
    expect(breaches).to.deep.equal([]);
    expect(moves).to.be.at.least(50);
    // The storm was one: records came again to others than those who had them first.
    expect(handedOut).to.be.greaterThan(5_000);
  });
});

/** Joins and leaves. Never the last one, and at times two at once are new. */
const STORM = 'JJLJLLJJJLLJLJLLJJLL'.split('');

/** As a worker does: what has gone to another member is the other's to handle. */
function finish(watch: CommitWatch, record: ConsumedRecord): void {
  if (record.isStale()) return;
  watch.finished(record);
  record.done();
}

function startMember(settings: MemberSettings, onReport: (report: Place) => void): ChildProcess {
  const child = fork(new URL('testing/member.ts', import.meta.url), [JSON.stringify(settings)]);
  return child.on('message', (report: Place) => onReport(report));
}
