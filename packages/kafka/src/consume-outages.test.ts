import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConsumedRecord, createPublisher, endOffsets, type KafkaHandle, lag } from './index.ts';
import { proxyTo } from './testing/broker-proxy.ts';
import { watchCommits } from './testing/commit-watch.ts';
import {
  committedOf,
  newGroup,
  newInbox,
  newMoves,
  newTopic,
  opened,
  openKafka,
  openReader,
  publishSpread,
} from './testing/harness.ts';
import { type OwnBroker, startOwnBroker } from './testing/own-broker.ts';

/** Ten minutes by default: no connection is used for as long. */
const IDLE_CONNECTION_MS = 1_000;
/** Five minutes by default, in kafkajs. */
const METADATA_AGE_MS = 1_000;

describe('consume, on a broker of its own', () => {
  const open = opened();
  let broker: OwnBroker;

  before('start the broker', async () => {
    broker = await startOwnBroker({
      'connections.max.idle.ms': String(IDLE_CONNECTION_MS),
      'log.cleaner.backoff.ms': '100',
    });
  });
  afterEach(open.closeAll);
  after(() => broker.stop());

  /**
   * Five minutes of nothing, as short as a machine that stands still for a while allows. What may end meanwhile, ends
   * here several times: the age of the metadata, sessions, connections that nobody uses. At the real settings five
   * minutes hold one refresh of the metadata, 50 sessions, and no closed connection, as these stay for ten.
   */
  it('gets a record after a long time of nothing', async () => {
    const topic = await newTopic(6, {}, [broker.address]);
    const proxy = await proxyTo(broker.address);
    open.add(() => proxy.close());
    const publisher = createPublisher({ kafka: await openKafka(open, [proxy.address]) });
    open.add(() => publisher.close());
    await publishSpread(publisher, topic, { count: 6, partitions: 6 });

    const requests = new Map<string, number>();
    const inbox = newInbox((each) => each.done());
    const moves = newMoves();
    const consumption = await openReader(open, inbox, {
      kafka: impatient(await openKafka(open, [broker.address]), (request) =>
        requests.set(request, (requests.get(request) ?? 0) + 1),
      ),
      groupId: newGroup(),
      topics: [topic],
      sessionTimeoutMs: 10_000,
      heartbeatMs: 500,
      ...moves.options,
    });
    await inbox.reached(6);
    await consumption.commit();
    requests.clear();
    await eventually(() => {
      expect(requests.get('Metadata')).to.be.at.least(3);
      expect(requests.get('Heartbeat')).to.be.at.least(48);
      expect(proxy.connections()).to.equal(0);
    });
    await publishSpread(publisher, topic, { count: 1, partitions: 6 });
    await inbox.reached(7);
    expect(inbox.records).to.have.length(7);
    expect([moves.revoked, requests.get('JoinGroup')]).to.deep.equal([[], undefined]);
  });

  it('loses nothing when the broker is killed with kill -9, and repeats only what was not committed', async () => {
    const topic = await newTopic(2, {}, [broker.address]);
    const groupId = newGroup();
    const kafka = await openKafka(open, [broker.address]);
    const publisher = createPublisher({ kafka, deadlineMs: 60_000 });
    open.add(() => publisher.close());
    await publishSpread(publisher, topic, { count: 1_000, partitions: 2 });
    const watch = watchCommits(open, kafka, { groupId, topic });
    const held: ConsumedRecord[] = [];
    const inbox = newInbox((each) => {
      if (each.offset === 300) held.push(each);
      else {
        watch.finished(each);
        each.done();
      }
    });
    await openReader(open, inbox, {
      groupId,
      topics: [topic],
      kafka: await openKafka(open, [broker.address]),
    });
    await inbox.reached(1_000);
    await eventually(async () =>
      expect([...(await committedOf(kafka, { groupId, topic })).values()]).to.deep.equal([300, 300]),
    );
    const restarted = broker.killAndRestart();
    await publishSpread(publisher, topic, { count: 500, partitions: 2 });
    await restarted;
    await eventually(() => expect(watch.finishedCount()).to.be.at.least(1_498));
    await watch.look();
    expect([...(await committedOf(kafka, { groupId, topic })).values()]).to.deep.equal([300, 300]);
    for (const each of held.filter((one) => !one.isStale())) {
      watch.finished(each);
      each.done();
    }
    await eventually(async () => expect(await lag({ kafka, groupId, topics: [topic] })).to.equal(0));
    expect((await watch.stop()).breaches).to.deep.equal([]);
    expect(inbox.records.every(({ offset }, at) => at < 1_000 || offset >= 300)).to.equal(true);
  });

  it('reads on where compaction left gaps, to the end of the log', async () => {
    const topic = await newTopic(1, COMPACTED, [broker.address]);
    const groupId = newGroup();
    const kafka = await openKafka(open, [broker.address]);
    const producer = kafka.newClient().producer();
    await producer.connect();
    open.add(() => producer.disconnect());
    const append = (keys: string[], bytes: number): Promise<unknown> =>
      producer.send({ topic, messages: keys.map((key) => ({ key, value: Buffer.alloc(bytes) })) });
    await append(keysOf('a', 0, 10), 10);
    // Larger than a fetch of a partition: what follows a gap at the end of a batch does not come along with it.
    await append(keysOf('b', 0, 10), 120_000);
    await append([...keysOf('a', 5, 10), 'b0', 'b4'], 10);
    await eventually(
      async () => {
        await append(['end'], 10);
        const { high } = (await endOffsets({ kafka, topic }))[0] ?? { high: 0 };
        expect(cleanedUpTo(broker, topic)).to.be.greaterThan(27);
        expect(high).to.be.greaterThan(27);
      },
      { intervalMs: 200 },
    );

    const inbox = newInbox((each) => each.done());
    await openReader(open, inbox, {
      kafka: await openKafka(open, [broker.address]),
      groupId,
      topics: [topic],
      capacity: 3,
    });
    const [range] = await endOffsets({ kafka, topic });
    await inbox.when((all) => all.at(-1)?.offset === (range?.high ?? 0) - 1);
    const offsets = inbox.records.map(({ offset }) => offset);
    expect(offsets.filter((offset) => offset < 27)).to.deep.equal([
      0, 1, 2, 3, 4, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ]);
    expect(new Set(offsets).size).to.equal(offsets.length);
    await eventually(async () => expect(await lag({ kafka, groupId, topics: [topic] })).to.equal(0));
    expect((await committedOf(kafka, { groupId, topic })).get(0)).to.equal(range?.high);
  });
});

const COMPACTED = {
  'cleanup.policy': 'compact',
  'segment.ms': '100',
  'min.cleanable.dirty.ratio': '0.01',
  'max.message.bytes': '2000000',
};

function keysOf(letter: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${letter}${from + index}`);
}

/** The broker writes down how far it has compacted a log: `<topic> <partition> <offset>`. */
function cleanedUpTo(broker: OwnBroker, topic: string): number {
  const checkpoint = readFileSync(join(broker.dataDir, 'cleaner-offset-checkpoint'), 'utf8');
  return Number(new RegExp(`^${topic} 0 (\\d+)$`, 'm').exec(checkpoint)?.[1] ?? 0);
}

/** The same Kafka, for a consumer whose metadata get old soon, and that tells its requests. */
function impatient(kafka: KafkaHandle, onRequest: (name: string) => void): KafkaHandle {
  return {
    ...kafka,
    newClient() {
      const client = kafka.newClient();
      const create = client.consumer.bind(client);
      client.consumer = (config) => {
        const consumer = create({ ...config, metadataMaxAge: METADATA_AGE_MS });
        consumer.on(consumer.events.REQUEST, ({ payload }) => onRequest(payload.apiName));
        return consumer;
      };
      return client;
    },
  };
}
