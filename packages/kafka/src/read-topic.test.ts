import { once } from 'node:events';
import { expect } from 'chai';
import { type ConsumedRecord, endOffsets, type PartitionRange, readTopic } from './index.ts';
import { proxyTo } from './testing/broker-proxy.ts';
import { newTopic, opened, openKafka, openPublisher } from './testing/harness.ts';
import { addresses } from './testing/stack.ts';

const PARTITIONS = 3;

const numberOf = ({ value }: ConsumedRecord): number => Number(value?.toString());
const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

describe('readTopic', () => {
  const open = opened();
  afterEach(open.closeAll);

  /** Records that say their number, spread over the partitions in turn. */
  async function publish(topic: string, from: number, to: number): Promise<void> {
    const publisher = await openPublisher(open);
    const numbers = Array.from({ length: to - from }, (_, i) => from + i);
    await publisher.publish(
      numbers.map((number) => ({
        topic,
        key: null,
        partition: number % PARTITIONS,
        value: Buffer.from(String(number)),
      })),
    );
  }

  async function rangesOf(topic: string): Promise<PartitionRange[]> {
    return endOffsets({ kafka: await openKafka(open), topic });
  }

  it('reads what was there, each record once and each partition in order, and leaves nothing behind', async () => {
    const topic = await newTopic(PARTITIONS);
    await publish(topic, 0, 30_000);
    const ranges = await rangesOf(topic);
    await publish(topic, 30_000, 40_000);
    const kafka = await openKafka(open);
    const admin = await kafka.admin();
    const groups = async () =>
      (await admin.listGroups()).groups.flatMap(({ groupId }) =>
        groupId.startsWith('fanfare.read.') ? [groupId] : [],
      );
    const read: number[] = [];
    let during: string[] = [];
    await readTopic({
      kafka,
      topic,
      ranges,
      onRecords: async (records) => {
        expect(new Set(records.map(({ partition }) => partition)).size).to.equal(1);
        read.push(...records.map(numberOf));
        if (during.length === 0) during = await groups();
      },
    });
    for (let partition = 0; partition < PARTITIONS; partition += 1)
      expect(read.filter((number) => number % PARTITIONS === partition)).to.deep.equal(
        upTo(30_000).filter((number) => number % PARTITIONS === partition),
      );
    expect(during).to.have.length(1);
    expect(await groups()).to.not.include.members(during);
  });

  it('reads a part, and nothing of an empty one', async () => {
    const topic = await newTopic(PARTITIONS);
    const ranges = await rangesOf(topic);
    const kafka = await openKafka(open);
    const read: number[] = [];
    const onRecords = async (records: ConsumedRecord[]): Promise<void> => {
      read.push(...records.map(numberOf));
    };
    await readTopic({ kafka, topic, ranges, onRecords });
    expect(read).to.deep.equal([]);
    await publish(topic, 0, 300);
    await readTopic({ kafka, topic, ranges: [{ partition: 1, low: 40, high: 43 }], onRecords });
    expect(read).to.deep.equal([121, 124, 127]);
  });

  it('waits for the receiver, and fails with it', async () => {
    const topic = await newTopic(PARTITIONS);
    await publish(topic, 0, 90);
    let handed = 0;
    const failure = new Error('no room');
    const reading = readTopic({
      kafka: await openKafka(open),
      topic,
      ranges: await rangesOf(topic),
      onRecords: async () => {
        handed += 1;
        throw failure;
      },
    });
    expect(await reading.catch((error: unknown) => error)).to.equal(failure);
    expect(handed).to.equal(1);
  });

  it('ends when it is told to, after what the receiver has', async () => {
    const topic = await newTopic(PARTITIONS);
    await publish(topic, 0, 90);
    const stopping = new AbortController();
    const received = Promise.withResolvers<void>();
    let handed = 0;
    let isFinished = false;
    const reading = readTopic({
      kafka: await openKafka(open),
      topic,
      ranges: await rangesOf(topic),
      signal: stopping.signal,
      onRecords: async () => {
        handed += 1;
        stopping.abort();
        await received.promise;
        isFinished = true;
      },
    });
    await once(stopping.signal, 'abort');
    received.resolve();
    await reading;
    expect([handed, isFinished]).to.deep.equal([1, true]);
  });

  it('goes on where it was when the broker comes back', async () => {
    const topic = await newTopic(PARTITIONS);
    await publish(topic, 0, 30_000);
    const [broker = ''] = (await addresses()).brokers;
    const proxy = await proxyTo(broker);
    open.add(() => proxy.close());
    const read: number[] = [];
    let isCut = false;
    await readTopic({
      kafka: await openKafka(open, [proxy.address]),
      topic,
      ranges: await rangesOf(topic),
      onRecords: async (records) => {
        read.push(...records.map(numberOf));
        if (isCut) return;
        isCut = true;
        proxy.goDown();
        setTimeout(() => proxy.comeBack(), 500);
      },
    });
    expect(read.toSorted((a, b) => a - b)).to.deep.equal(upTo(30_000));
  });
});
