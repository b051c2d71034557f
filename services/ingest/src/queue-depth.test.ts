import { workTopic } from '@fanfare/contracts';
import { connectKafka, createPublisher } from '@fanfare/kafka';
import { eventually, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { queueDepth } from './queue-depth.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe('queue depth', () => {
  it('is what the work topics hold and delivery has not committed', async () => {
    const { KAFKA_BROKERS } = await stack();
    const kafka = connectKafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'queue-depth-test', log });
    const publisher = createPublisher({ kafka });
    try {
      // A broker that has just started may still be finding out who coordinates the groups.
      const before = await eventually(() => queueDepth(kafka));
      const record = { key: 'x', value: Buffer.from('{}') };
      await publisher.publish([
        { ...record, topic: workTopic('sms', 'high') },
        { ...record, topic: workTopic('sms', 'low') },
        { ...record, topic: workTopic('push', 'normal') },
      ]);
      expect(await queueDepth(kafka)).to.equal(before + 3);
    } finally {
      await publisher.close();
      await kafka.close();
    }
  });

  it('is not known while Kafka is away', async () => {
    const kafka = connectKafka({ brokers: ['127.0.0.1:1'], clientId: 'queue-depth-test', log });
    const failure = await queueDepth(kafka).catch((error: unknown) => error);
    expect(failure).to.be.an('error');
    await kafka.close();
  });
});
