import { randomUUID } from 'node:crypto';
import { DEAD_LETTER_HEADER, retryTopic } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { deadLetter, expectOriginal } from './dead-letters.ts';
import { expectDelivered, expectStatus, expectTrace } from './follow.ts';
import { kcatConsume, kcatProduce, type KcatRecord } from './kcat.ts';
import { expectStory, listen } from './listen.ts';
import { recipientFor } from './recipients.ts';
import { sendByCurl } from './rest-door.ts';
import { callsFor } from './simulator.ts';
import { RETRY_DELAYS_MS, type System, useSystem } from './system.ts';

describe('what may become of a notification', () => {
  const system = useSystem();

  const send = async (content: string, more: Record<string, unknown> = {}) => {
    const wanted = { channel: 'sms', recipient: recipientFor('sms', 40), content };
    const created = await sendByCurl(system(), { ...wanted, ...more });
    return { ...wanted, id: created.id, created };
  };

  it('is retried over a topic for each delay, never early, and delivered at the third attempt', async () => {
    const listener = await listen(system().apiUrl);
    const sent = await send('İki kez başarısız [fail:2] é̄');
    listener.subscribe({ notification_id: sent.id });
    await expectDelivered(system(), sent, { attempts: 3 });
    await expectNeverEarly(system(), sent.id);
    await expectMovedUnchanged(system(), sent.id);
    await eventually(() => expectStory(listener.heard(sent.id), 'delivered'));
    expect(listener.heard(sent.id).map(({ status }) => status)).to.include.members([
      'processing',
      'retrying',
    ]);
    await listener.close();
  });

  it('is retried as well when its producer wrote it to Kafka in JSON', async () => {
    const wanted = {
      id: randomUUID(),
      channel: 'push',
      recipient: recipientFor('push', 41),
      content: '✨ [fail:2]',
    };
    const { id, recipient, content } = wanted;
    await kcatProduce(system().brokers, {
      topic: 'notifications.push.high',
      key: id,
      value: JSON.stringify({ id: id.toUpperCase(), recipient, content }),
      headers: { 'correlation-id': 'kampanya-7' },
    });
    const { correlation_id, priority } = await expectDelivered(system(), wanted, { attempts: 3 });
    expect({ correlation_id, priority }).to.deep.equal({ correlation_id: 'kampanya-7', priority: 'high' });
    const calls = await callsFor(system().simulatorUrl, id);
    expect(calls.map(({ correlationId }) => correlationId)).to.deep.equal(Array(3).fill('kampanya-7'));
  });

  it('fails at once when the provider rejects it, and is kept as it was', async () => {
    const sent = await send('Reddedildi ✋ [reject]');
    const failed = await expectStatus(system(), sent.id, 'failed');
    expect(failed).to.include({ attempts: 1, delivered_at: null, next_retry_at: null });
    expect(failed.failed_at).to.be.a('string');
    expect(failed.failure_reason).to.match(/400/);
    await expectTrace(system(), sent.id, ['processing', 'failed']);
    expect(await answersFor(system(), sent.id)).to.deep.equal(['rejected']);
    const letter = await deadLetter(system(), sent.id);
    await expectOriginal(system(), letter, 'rejected');
    expect(letter.headers[DEAD_LETTER_HEADER.channel]).to.equal('sms');
    expect(letter.value?.includes(Buffer.from(sent.content))).to.equal(true);
  });

  it('fails when its attempts are used up', async () => {
    const sent = await send('Hep başarısız [fail:9]', { max_attempts: 2, priority: 'high' });
    const failed = await expectStatus(system(), sent.id, 'failed');
    expect(failed.attempts).to.equal(2);
    await expectTrace(system(), sent.id, ['processing', 'retrying', 'processing', 'failed']);
    expect(await answersFor(system(), sent.id)).to.deep.equal(['failed', 'failed']);
    await expectOriginal(system(), await deadLetter(system(), sent.id), 'attempts_exhausted');
  });

  it('comes to a producer’s own record byte for byte when it fails', async () => {
    const id = randomUUID();
    const value = `  { "content" : "[reject] \\u015f",\n "recipient":"${recipientFor('email', 2)}", "id":"${id}" }`;
    await kcatProduce(system().brokers, {
      topic: 'notifications.email.high',
      key: id,
      value,
      headers: { own: 'ö' },
    });
    const letter = await deadLetter(system(), id);
    expect(letter.value?.toString()).to.equal(value);
    expect(letter.headers['own']).to.equal('ö');
    await expectOriginal(system(), letter, 'rejected');
    await expectTrace(system(), id, ['processing', 'failed']);
  });

  it('uses no attempt when the provider asks for a pause', async () => {
    const sent = await send('Yavaş [throttle:1]', { max_attempts: 1 });
    const { attempts } = await expectStatus(system(), sent.id, 'delivered');
    expect(attempts).to.equal(1);
    await expectTrace(system(), sent.id, ['processing', 'retrying', 'processing', 'delivered']);
    const [throttled, accepted] = await callsFor(system().simulatorUrl, sent.id);
    expect([throttled?.answer, accepted?.answer]).to.deep.equal(['throttled', 'accepted']);
    // The simulator's Retry-After is a second.
    expect(waitBetween(throttled, accepted)).to.be.at.least(1_000);
  });

  it('fails rather than calls again when it may be delivered at most once and no answer came', async () => {
    const sent = await send('Belki [drop:1]', { delivery_mode: 'at_most_once' });
    await expectStatus(system(), sent.id, 'failed');
    expect(await answersFor(system(), sent.id)).to.deep.equal(['dropped']);
    await expectOriginal(system(), await deadLetter(system(), sent.id), 'unknown_outcome');
  });

  it('is called for again when no answer came, and the provider can tell by the key', async () => {
    const sent = await send('Belki [drop:1]');
    const { attempts } = await expectStatus(system(), sent.id, 'delivered');
    expect(attempts).to.equal(2);
    expect(await answersFor(system(), sent.id)).to.deep.equal(['dropped', 'accepted']);
  });

  it('expires instead of being retried too late', async () => {
    const sent = await send('Süresi geçer [fail:9]', { expires_at: inMs(RETRY_DELAYS_MS[0] - 100) });
    const expired = await expectStatus(system(), sent.id, 'expired');
    expect(expired).to.include({ delivered_at: null, failed_at: null });
    expect((await answersFor(system(), sent.id)).length).to.be.at.most(1);
  });

  it('waits until it is due, by REST', async () => {
    const scheduled_at = inMs(2_000);
    const sent = await send('Zamanlı ⏰', { scheduled_at });
    expect(sent.created).to.include({ status: 'pending', scheduled_at });
    await expectDelivered(system(), sent);
    await expectNotBefore(system(), sent.id, Date.parse(scheduled_at));
  });

  it('waits until it is due, by Kafka', async () => {
    const dueAtMs = Date.now() + 2_000;
    const wanted = {
      id: randomUUID(),
      channel: 'push',
      recipient: recipientFor('push', 3),
      content: 'yarın',
    };
    const value = JSON.stringify({ ...wanted, scheduled_at: dueAtMs });
    await kcatProduce(system().brokers, { topic: 'notifications.push.low', key: wanted.id, value });
    const { scheduled_at, priority } = await expectDelivered(system(), wanted);
    expect(scheduled_at).to.equal(new Date(dueAtMs).toISOString());
    expect(priority).to.equal('low');
    await expectNotBefore(system(), wanted.id, dueAtMs);
  });
});

type Call = Awaited<ReturnType<typeof callsFor>>[number];

function waitBetween(one: Call | undefined, next: Call | undefined): number {
  return Date.parse(next?.at ?? '') - Date.parse(one?.at ?? '');
}

function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

async function answersFor({ simulatorUrl }: System, id: string): Promise<string[]> {
  return (await callsFor(simulatorUrl, id)).map(({ answer }) => answer);
}

/** By the provider's own watch, which is this machine's as well. */
async function expectNotBefore({ simulatorUrl }: System, id: string, dueAtMs: number): Promise<void> {
  const [call] = await callsFor(simulatorUrl, id);
  expect(Date.parse(call?.at ?? '')).to.be.at.least(dueAtMs);
}

async function expectNeverEarly({ simulatorUrl }: System, id: string): Promise<void> {
  const calls = await callsFor(simulatorUrl, id);
  for (const [index, delayMs] of RETRY_DELAYS_MS.entries())
    expect(waitBetween(calls[index], calls[index + 1]), `wait ${index + 1}`).to.be.at.least(delayMs);
}

/** The same bytes under the same key lie in the retry topic of each level. */
async function expectMovedUnchanged({ brokers }: System, id: string): Promise<void> {
  const work = await recordsOf(brokers, 'notifications.sms.normal', id);
  expect(work.length, 'work records').to.equal(RETRY_DELAYS_MS.length + 1);
  for (const level of RETRY_DELAYS_MS.keys()) {
    const [retry, ...others] = await recordsOf(brokers, retryTopic('sms', level + 1), id);
    expect(others, `other records at level ${level + 1}`).to.deep.equal([]);
    expect(retry?.value?.toString('hex')).to.equal(work[0]?.value?.toString('hex'));
    expect(Number(retry?.headers['not_before'])).to.be.greaterThan(0);
    expect(retry?.headers['attempt']).to.equal(String(level + 2));
  }
}

async function recordsOf(brokers: string, topic: string, id: string): Promise<KcatRecord[]> {
  return (await kcatConsume(brokers, topic)).filter(({ key }) => key?.toString() === id);
}
