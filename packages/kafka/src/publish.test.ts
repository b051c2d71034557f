import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import {
  type ConsumedRecord,
  createPublisher,
  endOffsets,
  type OutgoingRecord,
  PublishRefused,
  PublishTimeout,
} from './index.ts';
import { proxyTo } from './testing/broker-proxy.ts';
import {
  newGroup,
  newInbox,
  newTopic,
  opened,
  openKafka,
  openPublisher,
  openReader,
} from './testing/harness.ts';
import { addresses } from './testing/stack.ts';

describe('publish', () => {
  const open = opened();
  afterEach(open.closeAll);

  async function storedIn(topic: string): Promise<number> {
    const ranges = await endOffsets({ kafka: await openKafka(open), topic });
    return ranges.reduce((sum, { high }) => sum + high, 0);
  }

  it('gives back keys, values, headers and partitions as they were', async () => {
    const topic = await newTopic(3);
    const publisher = await openPublisher(open);
    const sent: OutgoingRecord[] = [
      {
        topic,
        key: 'ключ',
        value: Buffer.from('значение'),
        headers: { origin: 'fanfare', raw: Buffer.from('é') },
      },
      { topic, key: Buffer.from([0, 255]), value: Buffer.alloc(0), partition: 2 },
      { topic, key: null, value: null, partition: 1 },
    ];
    await publisher.publish(sent);
    const inbox = newInbox((record) => record.done());
    await openReader(open, inbox, { groupId: newGroup(), topics: [topic] });
    const records = await inbox.reached(3);
    const byPartition = (partition: number) => records.filter((record) => record.partition === partition);
    const first = records.find(({ headers }) => headers['origin'] === 'fanfare');
    expect(first?.key?.toString()).to.equal('ключ');
    expect(first?.value?.toString()).to.equal('значение');
    expect(first?.headers).to.deep.equal({ origin: 'fanfare', raw: 'é' });
    expect(byPartition(2).map(({ key, value }) => [key, value])).to.deep.include([
      Buffer.from([0, 255]),
      Buffer.alloc(0),
    ]);
    expect(byPartition(1).map(({ key, value, headers }) => [key, value, headers])).to.deep.include([
      null,
      null,
      {},
    ]);
  });

  it('sends more than a batch may hold in several requests', async () => {
    const topic = await newTopic(1);
    const publisher = await openPublisher(open);
    const large = Array.from({ length: 40 }, () => ({ topic, key: null, value: randomBytes(100_000) }));
    const small = Array.from({ length: 40_000 }, (_, index) => ({
      topic,
      key: String(index),
      value: Buffer.from('x'),
      headers: { a: '1', b: '2' },
    }));
    await publisher.publish([...large, ...small]);
    expect(await storedIn(topic)).to.equal(40_040);
  });

  it('sends the few unordered records of a publish to one partition, and those of many to all', async () => {
    const topic = await newTopic(3);
    const publisher = await openPublisher(open);
    const kafka = await openKafka(open);
    const sizes = async (): Promise<number[]> =>
      (await endOffsets({ kafka, topic }))
        .toSorted((a, b) => a.partition - b.partition)
        .map(({ high }) => high);
    const unordered = (count: number): OutgoingRecord[] =>
      Array.from({ length: count }, (_, index) => ({
        topic,
        key: String(index),
        value: null,
        unordered: true,
      }));
    await publisher.publish(unordered(30));
    expect((await sizes()).toSorted((a, b) => a - b)).to.deep.equal([0, 0, 30]);
    await publisher.publish(unordered(30));
    await publisher.publish(unordered(30));
    expect(await sizes()).to.deep.equal([30, 30, 30]);
    await publisher.publish(unordered(300));
    expect(Math.min(...(await sizes()))).to.be.greaterThan(30);
  });

  it('takes a record close to the limit of the topic', async () => {
    const topic = await newTopic(1);
    const publisher = await openPublisher(open);
    await publisher.publish([{ topic, key: 'k', value: randomBytes(1_000_000) }]);
    expect(await storedIn(topic)).to.equal(1);
  });

  it('names the records that are too large, and delivers their neighbours', async () => {
    const topic = await newTopic(3, { 'max.message.bytes': '20000' });
    const publisher = await openPublisher(open);
    const records = Array.from({ length: 20 }, (_, index) => ({
      topic,
      key: String(index),
      value: randomBytes(index === 3 || index === 11 ? 30_000 : 100),
    }));
    const error = await publisher.publish(records).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(PublishRefused);
    const { refused } = error as PublishRefused;
    expect(refused.map(({ record }) => records.indexOf(record as (typeof records)[number]))).to.deep.equal([
      3, 11,
    ]);
    expect(new Set(refused.map(({ reason }) => reason))).to.deep.equal(new Set(['MESSAGE_TOO_LARGE']));
    const inbox = newInbox((record) => record.done());
    await openReader(open, inbox, { groupId: newGroup(), topics: [topic] });
    // Some are stored twice: the broker had taken them before it refused the request.
    const delivered = await inbox.when((all) => keysOf(all).size === 18);
    const neighbours = records.filter((_, index) => index !== 3 && index !== 11);
    expect(keysOf(delivered)).to.deep.equal(new Set(neighbours.map(({ key }) => key)));
  });

  it('refuses all records of a topic that does not exist, and delivers those of the others', async () => {
    const topic = await newTopic(1);
    const publisher = await openPublisher(open, 1_500);
    const records: OutgoingRecord[] = [
      { topic, key: 'a', value: Buffer.from('a') },
      { topic: `${topic}-missing`, key: 'b', value: Buffer.from('b') },
      { topic: `${topic}-missing`, key: 'c', value: Buffer.from('c') },
    ];
    const error = await publisher.publish(records).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(PublishRefused);
    expect((error as PublishRefused).refused).to.deep.equal([
      { record: records[1], reason: 'UNKNOWN_TOPIC_OR_PARTITION' },
      { record: records[2], reason: 'UNKNOWN_TOPIC_OR_PARTITION' },
    ]);
    expect(await storedIn(topic)).to.equal(1);
  });

  it('gives up at its deadline when the broker freezes, and works again when it thaws', async () => {
    const topic = await newTopic(1);
    const proxy = await proxyTo((await addresses()).brokers[0] ?? '');
    open.add(() => proxy.close());
    const kafka = await openKafka(open, [proxy.address]);
    const publisher = createPublisher({ kafka, deadlineMs: 1_000 });
    open.add(() => publisher.close());
    await publisher.publish([{ topic, key: null, value: Buffer.from('before') }]);
    proxy.freeze();
    const error = await publisher
      .publish([{ topic, key: null, value: Buffer.from('frozen') }])
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(PublishTimeout);
    proxy.thaw();
    await publisher.publish([{ topic, key: null, value: Buffer.from('after') }]);
  });

  it('gives up at its deadline when no broker is there, and starts when one is', async () => {
    const topic = await newTopic(1);
    const proxy = await proxyTo((await addresses()).brokers[0] ?? '');
    open.add(() => proxy.close());
    proxy.goDown();
    const kafka = await openKafka(open, [proxy.address]);
    const publisher = createPublisher({ kafka, deadlineMs: 800 });
    open.add(() => publisher.close());
    const record: OutgoingRecord = { topic, key: null, value: Buffer.from('x') };
    expect(await publisher.publish([record]).catch((reason: unknown) => reason)).to.be.instanceOf(
      PublishTimeout,
    );
    proxy.comeBack();
    for (let stored = 0; stored === 0; stored = await storedIn(topic))
      await publisher.publish([record]).catch(() => undefined);
  });

  it('goes on over a lost connection without its caller noticing', async () => {
    const topic = await newTopic(1);
    const proxy = await proxyTo((await addresses()).brokers[0] ?? '');
    open.add(() => proxy.close());
    const kafka = await openKafka(open, [proxy.address]);
    const publisher = createPublisher({ kafka });
    open.add(() => publisher.close());
    await publisher.publish([{ topic, key: null, value: Buffer.from('1') }]);
    proxy.goDown();
    const sent = publisher.publish([{ topic, key: null, value: Buffer.from('2') }]);
    proxy.comeBack();
    await sent;
    expect(await storedIn(topic)).to.be.at.least(2);
  });

  it('has nothing to do for no records', async () => {
    const publisher = await openPublisher(open);
    await publisher.publish([]);
  });
});

function keysOf(records: ConsumedRecord[]): Set<string | undefined> {
  return new Set(records.map(({ key }) => key?.toString()));
}
