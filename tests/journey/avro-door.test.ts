import { randomUUID } from 'node:crypto';
import { workTopic } from '@fanfare/contracts';
import { expect } from 'chai';
import { getNotification } from './api.ts';
import { type AvroProducer, produceAvro, withSchema } from './avro-producer.ts';
import { metadata, type Text } from './corpus.ts';
import { expectDelivered, type Sent } from './follow.ts';
import { python } from './python.ts';
import { recipientFor } from './recipients.ts';
import { addressed } from './rest-door.ts';
import { useSystem } from './system.ts';
import { everyTextArrives } from './texts-by-door.ts';

describe('Kafka, by Confluent’s Python client in Avro', () => {
  const system = useSystem();
  let producer: AvroProducer;
  before(async function () {
    // The first run downloads the client.
    this.timeout(5 * 60_000);
    const { brokers, registryUrl } = system();
    producer = { python: await python(), brokers, registryUrl, strategy: 'topic' };
  });

  describe('delivers each text byte for byte', () => {
    everyTextArrives(system, async (all) => {
      const sent = all.map((text, index) => ({ ...addressed(text, index), id: randomUUID() }));
      await produceAvro(producer, sent.map(recordOf));
      return sent;
    });
  });

  for (const strategy of ['record', 'topic-record'] as const)
    it(`reads a schema registered under the subject that the ${strategy} strategy names`, async () => {
      const sent = someone('email', `konu adı: ${strategy}`);
      const stored = await produceAvro({ ...producer, strategy }, [recordOf(sent)]);
      expect(stored).to.have.length(1);
      await expectDelivered(system(), sent);
    });

  it('takes every field', async () => {
    const sent = someone('push', 'alanlar');
    const value = {
      ...sent,
      priority: 'high',
      metadata: JSON.stringify(metadata),
      correlation_id: 'python-ş',
      source: 'crm',
      max_attempts: 3,
      expires_at: Date.UTC(2124, 0, 1),
    };
    await produceAvro(producer, [{ topic: workTopic('push', 'high'), key: sent.id, value }]);
    await expectDelivered(system(), sent);
    const read = await getNotification(system().apiUrl, sent.id);
    expect(read).to.deep.include({ metadata, priority: 'high', max_attempts: 3, correlation_id: 'python-ş' });
    expect(read.expires_at).to.equal('2124-01-01T00:00:00.000Z');
  });

  it('reads what a producer wrote with a newer schema, and with an older one', async () => {
    const [newer, older] = [someone('sms', 'yeni şema'), someone('sms', 'eski şema')];
    await withSchema(
      (fields) => [...fields, { name: 'campaign', type: 'string', default: '' }],
      (schemaFile) =>
        produceAvro({ ...producer, schemaFile, strategy: 'topic-record' }, [
          recordOf({ ...newer, campaign: 'bahar' }),
        ]),
    );
    await withSchema(
      (fields) => fields.filter(({ name }) => name !== 'delivery_mode' && name !== 'source'),
      (schemaFile) => produceAvro({ ...producer, schemaFile, strategy: 'topic' }, [recordOf(older)]),
    );
    await expectDelivered(system(), newer);
    await expectDelivered(system(), older);
  });
});

function someone(channel: Text['channel'], content: string): Sent & Pick<Text, 'channel'> {
  return { id: randomUUID(), channel, recipient: recipientFor(channel, 6), content };
}

function recordOf(sent: Sent & Record<string, unknown>): {
  topic: string;
  key: string;
  value: Record<string, unknown>;
} {
  const { channel } = sent as Pick<Text, 'channel'>;
  return { topic: workTopic(channel, 'normal'), key: sent.id, value: sent };
}
