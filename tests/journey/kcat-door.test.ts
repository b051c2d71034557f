import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { workTopic } from '@fanfare/contracts';
import { expect } from 'chai';
import { getNotification } from './api.ts';
import { metadata, type Text } from './corpus.ts';
import { expectDelivered, expectStatus, type Sent } from './follow.ts';
import { kcatProduce, kcatProduceLines, requireKcat } from './kcat.ts';
import { recipientFor } from './recipients.ts';
import { addressed } from './rest-door.ts';
import { callsFor } from './simulator.ts';
import { type System, useSystem } from './system.ts';
import { everyTextArrives } from './texts-by-door.ts';

describe('Kafka, by kcat with JSON', () => {
  const system = useSystem();
  before(requireKcat);

  describe('delivers each text byte for byte', () => {
    everyTextArrives(system, async (all) => {
      const sent = all.map((text, index) => ({ ...addressed(text, index), id: randomUUID() }));
      for (const channel of ['sms', 'email', 'push'] as const) await sendLines(system(), channel, sent);
      return sent;
    });
  });

  it('takes channel and priority from the topic', async () => {
    const { id, content, recipient } = { ...addressed(saying('push', 'konu'), 1), id: randomUUIDv7() };
    await produce(system(), 'notifications.push.high', { id, recipient, content });
    await expectDelivered(system(), { id, channel: 'push', recipient, content });
    const read = await getNotification(system().apiUrl, id);
    expect(read).to.include({ priority: 'high', max_attempts: 5, delivery_mode: 'at_least_once' });
    expect(read).to.include({ batch_id: null, metadata: null, idempotency_key: null });
  });

  it('takes every optional field, an id in capitals, and fields it does not know', async () => {
    const id = randomUUID();
    const wanted = { channel: 'email', recipient: recipientFor('email', 4), content: 'tümü' };
    await produce(system(), 'notifications.email.low', {
      ...wanted,
      id: id.toUpperCase(),
      priority: 'low',
      metadata,
      correlation_id: 'fatura-9',
      source: 'billing',
      max_attempts: 2,
      delivery_mode: 'at_most_once',
      expires_at: '2125-01-01T00:00:00+03:00',
      campaign: { of: 'another team' },
    });
    await expectDelivered(system(), { ...wanted, id });
    const read = await getNotification(system().apiUrl, id);
    expect(read).to.deep.include({ metadata, priority: 'low', max_attempts: 2, correlation_id: 'fatura-9' });
    expect(read).to.include({ delivery_mode: 'at_most_once', expires_at: '2124-12-31T21:00:00.000Z' });
  });

  it('takes nulls for what is optional', async () => {
    const wanted = { id: randomUUID(), ...addressed(saying('sms', 'boş'), 3) };
    const nulls = { priority: null, metadata: null, scheduled_at: null, correlation_id: null, source: null };
    await produce(system(), 'notifications.sms.normal', { ...wanted, ...nulls });
    await expectDelivered(system(), wanted);
  });

  it('hands correlation id and trace of the headers on to the provider', async () => {
    const wanted = { id: randomUUID(), ...addressed(saying('sms', 'iz'), 5) };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await kcatProduce(system().brokers, {
      topic: 'notifications.sms.high',
      key: wanted.id,
      value: JSON.stringify(wanted),
      headers: { 'correlation-id': 'kargo-ğ-1', traceparent },
    });
    const { correlation_id } = await expectStatus(system(), wanted.id, 'delivered');
    expect(correlation_id).to.equal('kargo-ğ-1');
    const [call] = await callsFor(system().simulatorUrl, wanted.id);
    expect(call?.traceparent).to.match(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  });
});

function saying(channel: Text['channel'], content: string): Text {
  return { name: '', channel, content };
}

/** What belongs to one channel, on the topic of its most common priority. */
async function sendLines(running: System, channel: Text['channel'], sent: readonly Sent[]): Promise<void> {
  const records = sent.filter((one) => one.channel === channel).map((json) => ({ key: json.id, json }));
  await kcatProduceLines(running.brokers, workTopic(channel, 'normal'), records);
}

async function produce(
  running: System,
  topic: string,
  notification: Record<string, unknown> & { id: string },
): Promise<void> {
  const message = { topic, key: notification.id.toLowerCase(), value: JSON.stringify(notification, null, 2) };
  await kcatProduce(running.brokers, message);
}
