import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import type { Producer, Transaction } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { endOffsets, isPast, type KafkaHandle, lag } from './index.ts';
import {
  committedOf,
  newGroup,
  newInbox,
  newTopic,
  opened,
  openKafka,
  openReader,
} from './testing/harness.ts';

/** Other people's producers may use transactions. Kafka ends each with a marker, which takes an offset. */
describe('consume, from a log with transactions', () => {
  const open = opened();
  afterEach(open.closeAll);

  it('hands out what was committed, and is done at the end of the log, marker or not', async () => {
    const [topic, groupId, kafka] = [await newTopic(1), newGroup(), await openKafka(open)];
    const producer = await openTransactional(kafka);
    await transact(producer, (transaction) => send(transaction, topic, 'first', 'second'));
    await abort(producer, (transaction) => send(transaction, topic, 'withdrawn'));
    await endsAt(5);
    await producer.send({ topic, messages: [{ value: 'plain' }] });
    await transact(producer, (transaction) => send(transaction, topic, 'third'));
    // Offsets: 0 and 1, a marker, 3 (withdrawn), a marker, 5, 6, a marker.
    const inbox = newInbox((each) => {
      if (each.offset !== 6) each.done();
    });
    const consumption = await openReader(open, inbox, { groupId, topics: [topic] });
    const records = await inbox.reached(4);
    expect(records.map(({ offset, value }) => [offset, value?.toString()])).to.deep.equal([
      [0, 'first'],
      [1, 'second'],
      [5, 'plain'],
      [6, 'third'],
    ]);
    await consumption.commit();
    expect(await committedOf(kafka, { groupId, topic })).to.deep.equal(new Map([[0, 6]]));
    records[3]?.done();
    await expectAtTheEnd(8);

    // Nothing at all to handle in what is fetched next.
    await abort(producer, (transaction) => send(transaction, topic, 'withdrawn', 'withdrawn'));
    await expectAtTheEnd(11);
    await transact(producer, (transaction) => send(transaction, topic, 'fourth'));
    await inbox.reached(5);
    await expectAtTheEnd(13);
    expect(inbox.records).to.have.length(5);

    /** A marker is written a moment after its producer is told so. */
    function endsAt(end: number): Promise<unknown> {
      return eventually(async () => expect((await endOffsets({ kafka, topic }))[0]?.high).to.equal(end));
    }

    async function expectAtTheEnd(end: number): Promise<void> {
      await endsAt(end);
      await eventually(async () =>
        expect(await committedOf(kafka, { groupId, topic })).to.deep.equal(new Map([[0, end]])),
      );
      expect(await lag({ kafka, groupId, topics: [topic] })).to.equal(0);
      expect(await isPast({ kafka, groupId, topics: [topic], momentMs: Date.now() })).to.equal(true);
    }
  });

  it('is done with a log of which nothing is left to hand out', async () => {
    const [topic, groupId, kafka] = [await newTopic(1), newGroup(), await openKafka(open)];
    const producer = await openTransactional(kafka);
    await abort(producer, (transaction) => send(transaction, topic, 'withdrawn'));
    await eventually(async () => expect((await endOffsets({ kafka, topic }))[0]?.high).to.equal(2));
    const inbox = newInbox();
    const consumption = await openReader(open, inbox, { groupId, topics: [topic] });
    await eventually(async () => expect(await lag({ kafka, groupId, topics: [topic] })).to.equal(0));
    await consumption.stop();

    const second = newInbox((each) => each.done());
    await openReader(open, second, { groupId, topics: [topic] });
    await transact(producer, (transaction) => send(transaction, topic, 'first'));
    await second.reached(1);
    await eventually(async () => expect((await committedOf(kafka, { groupId, topic })).get(0)).to.equal(4));
    expect([...inbox.records, ...second.records]).to.have.length(1);
  });

  it('hands out nothing of transactions that were aborted, however they lay in one another', async () => {
    const [topic, kafka] = [await newTopic(1), await openKafka(open)];
    const [outer, inner] = [await openTransactional(kafka), await openTransactional(kafka)];
    const first = await outer.transaction();
    await send(first, topic, 'withdrawn');
    const second = await inner.transaction();
    // A key that reads like the marker of an abort.
    await second.send({ topic, messages: [{ key: Buffer.alloc(4), value: 'withdrawn' }] });
    await send(second, topic, 'withdrawn');
    await second.abort();
    await first.abort();
    await transact(inner, (transaction) => send(transaction, topic, 'kept'));
    const inbox = newInbox((each) => each.done());
    await openReader(open, inbox, { groupId: newGroup(), topics: [topic] });
    await inbox.when((all) => all.some(({ value }) => value?.toString() === 'kept'));
    expect(inbox.records.map(({ value }) => value?.toString())).to.deep.equal(['kept']);
  });

  async function openTransactional(kafka: KafkaHandle): Promise<Producer> {
    const transactionalId = randomUUID();
    const producer = kafka
      .newClient()
      .producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    open.add(() => producer.disconnect());
    return producer;
  }
});

type Steps = (transaction: Transaction) => Promise<void>;

async function transact(producer: Producer, steps: Steps): Promise<void> {
  const transaction = await producer.transaction();
  await steps(transaction);
  await transaction.commit();
}

async function abort(producer: Producer, steps: Steps): Promise<void> {
  const transaction = await producer.transaction();
  await steps(transaction);
  await transaction.abort();
}

async function send(transaction: Transaction, topic: string, ...values: string[]): Promise<void> {
  await transaction.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) });
}
