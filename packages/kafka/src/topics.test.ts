import { expect } from 'chai';
import { retryTopic } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { randomUUID } from 'node:crypto';
import { connectKafka, createTopics, endOffsets, kafkaCheck, listRetryLevels } from './index.ts';
import { proxyTo } from './testing/broker-proxy.ts';
import { newTopic, opened, openKafka } from './testing/harness.ts';
import { addresses } from './testing/stack.ts';

describe('topics', () => {
  const open = opened();
  afterEach(open.closeAll);

  async function retentionOf(topic: string): Promise<string | undefined> {
    const admin = await (await openKafka(open)).admin();
    const [described] = (
      await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] })
    ).resources;
    return described?.configEntries.find(({ configName }) => configName === 'retention.ms')?.configValue;
  }

  it('are made once, with their leaders there, and get their settings every time', async () => {
    const { brokers } = await addresses();
    const names = [`test-${randomUUID()}`, `test-${randomUUID()}`];
    const specs = (retentionMs: number) =>
      names.map((topic) => ({ topic, partitions: 2, config: { 'retention.ms': String(retentionMs) } }));
    expect(await createTopics({ brokers, topics: specs(60_000) })).to.deep.equal(names);
    expect(await createTopics({ brokers, topics: specs(90_000) })).to.deep.equal([]);
    const kafka = await openKafka(open);
    for (const topic of names) {
      expect(await endOffsets({ kafka, topic })).to.have.length(2);
      expect(await retentionOf(topic)).to.equal('90000');
    }
  });

  it('may be made by two at the same time', async () => {
    const { brokers } = await addresses();
    const topics = [{ topic: `test-${randomUUID()}`, partitions: 1, config: {} }];
    await Promise.all([createTopics({ brokers, topics }), createTopics({ brokers, topics })]);
    expect(await endOffsets({ kafka: await openKafka(open), topic: topics[0]?.topic ?? '' })).to.have.length(
      1,
    );
  });

  it('of retries are found by their names', async () => {
    const { brokers } = await addresses();
    const topic = retryTopic('sms', 97);
    await createTopics({ brokers, topics: [{ topic, partitions: 1, config: {} }] });
    await newTopic();
    const kafka = await openKafka(open);
    open.add(async () => (await kafka.admin()).deleteTopics({ topics: [topic] }));
    const levels = await listRetryLevels(kafka);
    expect(levels).to.deep.include({ topic, channel: 'sms', level: 97 });
    expect(levels.every(({ topic: name }) => name.includes('.retry.'))).to.equal(true);
  });
});

describe('readiness', () => {
  const open = opened();
  afterEach(open.closeAll);

  it('is there while a broker answers', async () => {
    await kafkaCheck(await openKafka(open));
  });

  it('comes back with the broker', async () => {
    const proxy = await proxyTo((await addresses()).brokers[0] ?? '');
    open.add(() => proxy.close());
    const kafka = await openKafka(open, [proxy.address]);
    await kafkaCheck(kafka);
    proxy.goDown();
    expect(await kafkaCheck(kafka).catch((reason: unknown) => reason)).to.be.instanceOf(Error);
    proxy.comeBack();
    await eventually(() => kafkaCheck(kafka));
  });

  it('is not, within its time, while none does', async () => {
    const silent = { error: nothing, warn: nothing, info: nothing, debug: nothing };
    const kafka = connectKafka({ brokers: ['127.0.0.1:9'], clientId: 'test', log: silent });
    open.add(() => kafka.close());
    const error = await kafkaCheck(kafka).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('message', 'no Kafka broker answered');
  });
});

function nothing(): void {
  // The outage is the point.
}
