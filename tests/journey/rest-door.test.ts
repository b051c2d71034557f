import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getBatch, getNotification } from './api.ts';
import { hexOf, longPushToken, metadata, texts } from './corpus.ts';
import { requireCurl } from './curl.ts';
import { expectDelivered, expectStatus } from './follow.ts';
import { expectStory, listen } from './listen.ts';
import { recipientFor } from './recipients.ts';
import { addressed, sendBatchByCurl, sendByCurl } from './rest-door.ts';
import { callsForAll } from './simulator.ts';
import { useSystem } from './system.ts';
import { everyTextArrives } from './texts-by-door.ts';

const CHANNELS = ['sms', 'email', 'push'] as const;
const PRIORITIES = ['high', 'normal', 'low'] as const;

describe('REST, by curl', () => {
  const system = useSystem();
  before(requireCurl);

  describe('delivers each text byte for byte', () => {
    everyTextArrives(system, (all) =>
      Promise.all(
        all.map(async (text, index) => {
          const wanted = addressed(text, index);
          return { ...wanted, id: (await sendByCurl(system(), wanted)).id };
        }),
      ),
    );
  });

  it('delivers the texts as one batch, and tells a listener of the batch of each', async () => {
    const members = texts.map(addressed);
    const { id } = await sendBatchByCurl(system(), members);
    const listener = await listen(system().apiUrl);
    listener.subscribe({ batch_id: id });
    const { notifications } = await getBatch(system().apiUrl, id);
    expect(notifications.map(({ content }) => hexOf(content ?? ''))).to.deep.equal(
      members.map(({ content }) => hexOf(content)),
    );
    for (const [index, member] of members.entries()) {
      const memberId = notifications[index]?.id ?? '';
      await expectDelivered(system(), { ...member, id: memberId });
      await eventually(() => expectStory(listener.heard(memberId), 'delivered'));
    }
    await listener.close();
  });

  it('delivers a batch of 1000, each to its own person once', async () => {
    const sentAtMs = Date.now();
    const members = Array.from({ length: 1_000 }, (_, index) => {
      const channel = CHANNELS[index % 3] ?? 'sms';
      const priority = PRIORITIES[Math.floor(index / 3) % 3];
      return { channel, priority, recipient: recipientFor(channel, index), content: `${index}. sipariş 📦` };
    });
    const { id } = await sendBatchByCurl(system(), members);
    const batch = await eventually(
      async () => {
        const read = await getBatch(system().apiUrl, id);
        expect(read.counts).to.deep.equal({ delivered: 1_000 });
        return read;
      },
      { intervalMs: 250 },
    );
    const ids = batch.notifications.map((notification) => notification.id);
    const calls = await callsForAll(system().simulatorUrl, ids, sentAtMs);
    const got = ids.map((member) => calls.get(member)?.map(({ to, content }) => ({ to, content })));
    expect(got).to.deep.equal(members.map(({ recipient: to, content }) => [{ to, content }]));
  });

  it('takes JSON that escapes every character beyond ASCII', async () => {
    const content = texts[3]?.content ?? '';
    const escaped = JSON.stringify({ channel: 'push', recipient: recipientFor('push'), content }).replaceAll(
      /[^\x20-\x7e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    const { id } = await sendByCurl(system(), escaped as never);
    await expectDelivered(system(), { id, channel: 'push', recipient: recipientFor('push'), content });
  });

  it('takes a push token of 4096 characters and a mailbox in another script', async () => {
    const token = { channel: 'push', recipient: longPushToken, content: 'uzun' };
    const mailbox = { channel: 'email', recipient: 'δοκιμή@παράδειγμα.example.com', content: 'γειά' };
    for (const wanted of [token, mailbox])
      await expectDelivered(system(), { ...wanted, id: (await sendByCurl(system(), wanted)).id });
  });

  it('keeps metadata as it was given', async () => {
    const wanted = { ...addressed({ name: '', channel: 'email', content: 'künye' }, 1), metadata };
    const { id } = await sendByCurl(system(), wanted);
    await expectDelivered(system(), { ...wanted, id });
    expect((await getNotification(system().apiUrl, id)).metadata).to.deep.equal(metadata);
  });

  it('hands correlation id and trace on to the provider', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = {
      'X-Correlation-ID': 'order-4711/(retry)="1"',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    };
    const wanted = addressed({ name: '', channel: 'sms', content: 'iz' }, 2);
    const created = await sendByCurl(system(), wanted, headers);
    expect(created.correlation_id).to.equal('order-4711/(retry)="1"');
    const { correlation_id } = await expectStatus(system(), created.id, 'delivered');
    expect(correlation_id).to.equal('order-4711/(retry)="1"');
    const [call] = (await callsForAll(system().simulatorUrl, [created.id], 0)).get(created.id) ?? [];
    expect(call?.correlationId).to.equal('order-4711/(retry)="1"');
    expect(call?.traceparent).to.match(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  });
});
