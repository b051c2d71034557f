import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { LaneList, NotificationResource, TraceDetails, TraceEntry } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getTrace } from './api.ts';
import { curl } from './curl.ts';
import { useDeliveries } from './deliveries.ts';
import { kcatProduce, requireKcat } from './kcat.ts';
import { untilLanes } from './lane-states.ts';
import { recipientFor } from './recipients.ts';
import { sendByCurl } from './rest-door.ts';

describe('the trace of a notification', () => {
  const echo = useEcho();
  const { system, urls } = useDeliveries(1, ({ simulatorUrl }) => ({
    SMS_PROVIDERS: 'primary,backup',
    SMS_PROVIDER_PRIMARY_URL: `${echo.url()}/503`,
    SMS_PROVIDER_BACKUP_URL: simulatorUrl,
    EMAIL_PROVIDER_URL: `${echo.url()}/400`,
  }));
  before(requireKcat);

  const api = (path: string) => `${system().apiUrl}/api/v1/${path}`;
  const send = (channel: Channel, content: string, more: Record<string, unknown> = {}) =>
    sendByCurl(system(), { channel, recipient: recipientFor(channel, 70), content, ...more });
  const patch = async (path: string): Promise<unknown> => {
    const { status, json, text: answer } = await curl(api(path), { method: 'PATCH' });
    expect(status, answer).to.equal(200);
    return json;
  };

  it('begins with its creation, before anything else is known', async () => {
    const { id, created_at, correlation_id } = await send('push', 'daha yok', {
      scheduled_at: inMs(600_000),
    });
    expect(await getTrace(system().apiUrl, id)).to.deep.equal([
      { id: `${id}:created`, event: 'created', correlation_id, details: {}, created_at },
    ]);
  });

  it('tells who delivered it, and how long that took', async () => {
    const sent = await send('push', 'hemen');
    const [, , processing, delivered] = await traceOf(sent, [
      ['created'],
      ['queued', { attempt: 0 }],
      ['processing', { attempt: 1 }],
      ['delivered', { attempt: 1, provider: 'http', outcome: 'accepted' }],
    ]);
    expect(processing?.details).to.have.all.keys('version', 'cycle', 'attempt', 'started_at');
    expect(detailsOf(delivered).provider_message_id).to.be.a('string');
    expect(detailsOf(delivered)).to.not.have.any.keys('reason', 'next_retry_at');
  });

  it('tells every attempt of one that is retried', async () => {
    const sent = await send('push', 'iki kez [fail:2]');
    const entries = await traceOf(sent, [
      ['created'],
      ['queued', { attempt: 0 }],
      ['processing', { attempt: 1 }],
      ['retrying', { attempt: 1, provider: 'http', outcome: 'unavailable', reason: /^HTTP 5/ }],
      ['processing', { attempt: 2 }],
      ['retrying', { attempt: 2, provider: 'http', outcome: 'unavailable', reason: /^HTTP 5/ }],
      ['processing', { attempt: 3 }],
      ['delivered', { attempt: 3, provider: 'http', outcome: 'accepted' }],
    ]);
    for (const [index, { details }] of entries.entries())
      if ('next_retry_at' in details)
        expect([details.next_retry_at, entries[index + 1]?.created_at], 'not early').to.satisfy(isAscending);
  });

  it('tells that an attempt was given back to a provider that asked for a pause', async () => {
    const sent = await send('push', 'yavaş [throttle:1]', { max_attempts: 1 });
    await traceOf(sent, [
      ['created'],
      ['queued', { attempt: 0 }],
      ['processing', { attempt: 1 }],
      ['retrying', { attempt: 1, provider: 'http', outcome: 'throttled', reason: /^HTTP 429/ }],
      ['processing', { attempt: 1 }],
      ['delivered', { attempt: 1, provider: 'http', outcome: 'accepted' }],
    ]);
  });

  it('tells that the backup delivered it, within the same attempt', async () => {
    const sent = await send('sms', 'yedek');
    await traceOf(sent, [
      ['created'],
      ['queued', { attempt: 0 }],
      ['processing', { attempt: 1 }],
      ['delivered', { attempt: 1, provider: 'backup', outcome: 'accepted' }],
    ]);
  });

  it('tells why it failed, though not in the words that were sent', async () => {
    const sent = await send('email', 'Kimseye söyleme 🤫', { subject: 'Gizli konu', html: '<p>Gizli</p>' });
    const entries = await traceOf(sent, [
      ['created'],
      ['queued', { attempt: 0 }],
      ['processing', { attempt: 1 }],
      ['failed', { attempt: 1, provider: 'http', outcome: 'rejected', reason: /^HTTP 400 no: .*\[\.\.\.\]/ }],
    ]);
    for (const secret of ['Gizli', 'söyleme', sent.recipient])
      expect(JSON.stringify(entries)).to.not.include(secret);
  });

  it('goes on in the next cycle when it is redriven from the dead letters', async () => {
    const sent = await send('email', 'tekrar');
    const first = ['failed', { cycle: 0, attempt: 1, outcome: 'rejected' }] as const;
    const ofCycle0 = [['created'], ['queued'], ['processing', { cycle: 0 }], first] as const;
    await traceOf(sent, ofCycle0);
    const letter = await eventually(async () => {
      const { json } = await curl(api('dead-letters?channel=email&limit=200'));
      const { items } = json as { items: { id: string; notification_id: string }[] };
      return items.find(({ notification_id }) => notification_id === sent.id) ?? false;
    });
    expect(await curl(api(`dead-letters/${letter.id}/redrive`), { method: 'POST' })).to.include({
      status: 202,
    });
    await traceOf(sent, [
      ...ofCycle0,
      ['queued', { cycle: 1, attempt: 0 }],
      ['processing', { cycle: 1, attempt: 1 }],
      ['failed', { cycle: 1, attempt: 1, outcome: 'rejected' }],
    ]);
  });

  it('is queued when it is due, and not before', async () => {
    const scheduled_at = inMs(1_500);
    const sent = await send('push', 'sonra', { scheduled_at });
    const [, queued] = await traceOf(sent, [['created'], ['queued'], ['processing'], ['delivered']]);
    expect(Date.parse(queued?.created_at ?? '')).to.be.at.least(Date.parse(scheduled_at));
  });

  it('ends with a cancel', async () => {
    const sent = await send('push', 'vazgeçildi', { scheduled_at: inMs(600_000) });
    const { cancelled_at } = (await patch(`notifications/${sent.id}/cancel`)) as NotificationResource;
    const [, cancelled] = await traceOf(sent, [['created'], ['cancelled', { attempt: 0 }]]);
    expect(cancelled?.created_at).to.equal(cancelled_at);
  });

  it('ends where it expires while its provider is paused', async () => {
    const { items } = (await patch('lanes/push/pause')) as LaneList;
    expect(items.map(({ status }) => status)).to.include('paused');
    try {
      await untilLanes(urls(), 'push', { 'push/http': 'paused' });
      const sent = await send('push', 'geç', { expires_at: inMs(1_000) });
      const expired = ['expired', { attempt: 0, reason: 'expires_at has passed' }] as const;
      await traceOf(sent, [['created'], ['queued'], expired]);
    } finally {
      await patch('lanes/push/resume');
    }
    await untilLanes(urls(), 'push', { 'push/http': 'open' });
  });

  it('is the same for a record that came by Kafka', async () => {
    const wanted = { id: randomUUID(), recipient: recipientFor('push', 71), content: 'dışarıdan [fail:1]' };
    const value = JSON.stringify({ ...wanted, correlation_id: 'fatura-9' });
    await kcatProduce(system().brokers, { topic: 'notifications.push.high', key: wanted.id, value });
    await traceOf({ ...wanted, correlation_id: 'fatura-9' }, [
      ['created'],
      ['queued', { attempt: 0 }],
      ['processing', { attempt: 1 }],
      ['retrying', { attempt: 1, provider: 'http', outcome: 'unavailable' }],
      ['processing', { attempt: 2 }],
      ['delivered', { attempt: 2, provider: 'http', outcome: 'accepted' }],
    ]);
  });

  /** The whole trace, once it has come so far; beside what is expected it holds for every one. */
  async function traceOf(sent: Traced, expected: readonly Expected[]): Promise<TraceEntry[]> {
    const isThere = async (): Promise<TraceEntry[]> => {
      const trace = await getTrace(system().apiUrl, sent.id).catch(() => []);
      expect(trace.map(({ event }) => event)).to.deep.equal(expected.map(([event]) => event));
      return trace;
    };
    const entries = await eventually(isThere);
    for (const [index, [event, details = {}]] of expected.entries())
      for (const [name, value] of Object.entries(details))
        expectDetail(entries[index], name, value, `${name} of ${event}`);
    expectOrder(entries);
    expectNothingOf(sent, entries);
    for (const { correlation_id } of entries) expect(correlation_id).to.equal(sent.correlation_id);
    return entries;
  }
});

type Channel = 'sms' | 'email' | 'push';
type Traced = Pick<NotificationResource, 'id' | 'recipient' | 'content' | 'correlation_id'>;
type Expected = readonly [event: TraceEntry['event'], details?: Record<string, unknown>];

function expectDetail(entry: TraceEntry | undefined, name: string, value: unknown, what: string): void {
  const found: unknown = Object.entries(entry?.details ?? {}).find(([key]) => key === name)?.[1];
  if (value instanceof RegExp) expect(found, what).to.match(value);
  else expect(found, what).to.equal(value);
}

function isAscending(times: readonly string[]): boolean {
  return times.join(' ') === times.toSorted().join(' ');
}

/** Every answer of a provider has its class and its time, every attempt its beginning. */
function expectOrder(entries: readonly TraceEntry[]): void {
  const [, ...transitions] = entries;
  const times = entries.map(({ created_at }) => created_at);
  expect(times, 'times').to.deep.equal(times.toSorted());
  const versions = transitions.map((entry) => detailsOf(entry).version);
  expect(versions, 'versions').to.deep.equal([...new Set(versions)].toSorted((a, b) => a - b));
  expect(new Set(entries.map(({ id }) => id)).size, 'ids').to.equal(entries.length);
  for (const { event, details } of transitions) {
    if ('outcome' in details) expect(details).to.include.all.keys('provider', 'duration_ms', 'started_at');
    if (event === 'processing') expect(details).to.include.all.keys('started_at');
    if (event === 'retrying') expect(details).to.include.all.keys('next_retry_at', 'reason');
  }
}

function expectNothingOf({ recipient, content }: Traced, entries: readonly TraceEntry[]): void {
  const said = JSON.stringify(entries);
  for (const secret of [recipient, recipient.replace('+', ''), content ?? '', JSON.stringify(content)])
    expect(said).to.not.include(secret);
}

function detailsOf(entry: TraceEntry | undefined): TraceDetails {
  if (entry === undefined || entry.event === 'created') throw new Error('there is no such transition');
  return entry.details;
}

function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

/** A provider that answers with the status in its path, and repeats all that it was sent. */
function useEcho(): { url: () => string } {
  const server: Server = createServer((request, response) => {
    void text(request).then((body) => response.writeHead(Number(request.url?.slice(1))).end(`no: ${body}`));
  });
  before('start a provider that repeats what it is sent', (done) => void server.listen(0, '127.0.0.1', done));
  after('stop it', (done) => {
    server.closeAllConnections();
    server.close(() => done());
  });
  return {
    url: () => {
      const address = server.address();
      return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    },
  };
}
