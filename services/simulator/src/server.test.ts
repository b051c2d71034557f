import type { AddressInfo } from 'node:net';
import { createHealth } from '@fanfare/runtime';
import { expect } from 'chai';
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import type { Behaviour } from './behaviour.ts';
import { createRequestLog } from './request-log.ts';
import { serve } from './server.ts';
import { createTally } from './tally.ts';

const calm: Behaviour = {
  latencyMs: 0,
  jitterMs: 0,
  failRate: 0,
  throttleRate: 0,
  hangRate: 0,
  dropRate: 0,
  retryAfterSeconds: 1,
};
const texts = [
  'Doğum günün kutlu olsun! 🎉',
  'مرحبا بالعالم',
  'e\u0301 is not é',
  'tab\tand\nline',
  '\u0000 \\ "quoted"',
];

describe('simulator', () => {
  it('accepts a message and logs it as it came', async () => {
    await simulating(async ({ send, log }) => {
      for (const content of texts) {
        const { status, body } = await send(
          { to: '+15550100199', channel: 'sms', content },
          { 'idempotency-key': content.length + ':0' },
        );
        expect(status).to.equal(202);
        expect(body).to.have.all.keys('messageId', 'status', 'timestamp').and.include({ status: 'accepted' });
      }
      const logged = await log('');
      expect(logged.map(({ content }) => content)).to.deep.equal(texts);
      expect(logged[0]).to.include({
        to: '+15550100199',
        channel: 'sms',
        answer: 'accepted',
        traceparent: null,
      });
      expect(new Date(String(logged[0]?.['at'])).toISOString()).to.equal(logged[0]?.['at']);
    });
  });

  it('logs what identifies a request, and finds it by that', async () => {
    await simulating(async ({ send, log, call }) => {
      const headers = {
        'idempotency-key': 'n-1:0',
        'x-correlation-id': 'order-17',
        traceparent: '00-a-b-01',
      };
      await send({ to: 'ada@example.org', channel: 'email', content: 'one' }, headers);
      await send({ to: 'bob@example.org', channel: 'email', content: 'two' });
      const identity = { idempotencyKey: 'n-1:0', correlationId: 'order-17', traceparent: '00-a-b-01' };
      expect((await log('?key=n-1:0')).map(({ content }) => content)).to.deep.equal(['one']);
      expect((await log('?key=n-1:0'))[0]).to.include(identity);
      expect((await log('?to=bob@example.org'))[0]).to.include({ content: 'two', idempotencyKey: null });
      expect(await log('?limit=1')).to.have.length(1);
      expect(await log('?since=2000-01-01T00:00:00Z')).to.have.length(2);
      expect(await log(`?since=${Date.now() + 60_000}`)).to.have.length(0);
      for (const wrong of ['limit=x', 'since=later', 'form=1'])
        expect(await call('GET', `/log?${wrong}`), wrong).to.include({ status: 400 });
    });
  });

  it('takes messages at any path, and a channel from it', async () => {
    await simulating(async ({ call, log }) => {
      for (const path of ['/', '/send/push', '/v1/messages'])
        expect(
          await call('POST', path, {
            to: 't',
            content: 'c',
            ...(path === '/send/push' ? {} : { channel: 'sms' }),
          }),
        ).to.include({ status: 202 });
      expect((await log('')).map(({ channel }) => channel)).to.deep.equal(['sms', 'push', 'sms']);
    });
  });

  it('refuses what is no message, and does not log it', async () => {
    await simulating(async ({ call, log, base, agent }) => {
      for (const body of [
        {},
        [],
        null,
        'text',
        { to: 1, channel: 'sms', content: 'c' },
        { to: 't', content: 'c' },
      ])
        expect(await call('POST', '/', body), JSON.stringify(body)).to.include({ status: 400 });
      for (const body of ['', '{"to":', 'x'.repeat(3 * 1024 * 1024)]) {
        const { statusCode, body: answer } = await request(base, { method: 'POST', body, dispatcher: agent });
        await answer.dump();
        expect(statusCode).to.equal(400);
      }
      expect(await log('')).to.deep.equal([]);
    });
  });

  it('answers by markers and attempts of the idempotency key', async () => {
    await simulating(async ({ send, log }) => {
      const statuses = async (content: string, key: string) => {
        const message = { to: 't', channel: 'sms', content };
        const answers = [];
        for (let attempt = 0; attempt < 3; attempt += 1)
          answers.push(await send(message, { 'idempotency-key': key }));
        return answers.map(({ status }) => status);
      };
      expect(await statuses('[fail:2]', 'a')).to.deep.equal([503, 503, 202]);
      expect(await statuses('[fail:2]', 'b')).to.deep.equal([503, 503, 202]);
      expect(await statuses('[reject]', 'c')).to.deep.equal([400, 400, 400]);
      expect(await statuses('[throttle:1]', 'd')).to.deep.equal([429, 202, 202]);
      expect((await log('?key=a')).map(({ answer }) => answer)).to.deep.equal([
        'failed',
        'failed',
        'accepted',
      ]);
    });
  });

  it('says how long to wait when it throttles', async () => {
    await simulating(async ({ call, send }) => {
      await call('PUT', '/settings', { retryAfterSeconds: 7 });
      const { headers } = await send({ to: 't', channel: 'sms', content: '[throttle]' });
      expect(headers['retry-after']).to.equal('7');
    });
  });

  it('drops the connection after reading, and hangs', async () => {
    await simulating(async ({ send, log, base, agent }) => {
      const message = { to: 't', channel: 'sms', content: '[drop:1]' };
      const headers = { 'idempotency-key': 'k' };
      const dropped = await send(message, headers).catch((error: unknown) => error);
      expect(dropped).to.be.instanceOf(Error).with.property('code', 'UND_ERR_SOCKET');
      expect(await send(message, headers)).to.include({ status: 202 });
      const body = JSON.stringify({ ...message, content: '[hang]' });
      const hanging = request(base, { method: 'POST', body, dispatcher: agent, headersTimeout: 1 });
      expect(await hanging.catch((error: unknown) => error)).to.have.property(
        'code',
        'UND_ERR_HEADERS_TIMEOUT',
      );
      expect((await log('')).map(({ answer }) => answer)).to.deep.equal(['dropped', 'accepted', 'hung']);
    });
  });

  it('behaves by chance as it is told to, from then on', async () => {
    await simulating(async ({ call, send }) => {
      const message = { to: 't', channel: 'sms', content: 'c' };
      expect(await call('PUT', '/settings', { failRate: 1 })).to.deep.include({
        status: 200,
        body: { ...calm, failRate: 1 },
      });
      expect(await send(message)).to.include({ status: 503 });
      await call('PUT', '/settings', { failRate: 0, throttleRate: 1, latencyMs: 5 });
      expect(await send(message)).to.include({ status: 429 });
      expect(await call('GET', '/settings')).to.deep.include({
        body: { ...calm, throttleRate: 1, latencyMs: 5 },
      });
      const { status, body } = await call('PUT', '/settings', { failRate: 3, latency: 1 });
      expect(status).to.equal(400);
      expect(body['errors']).to.have.length(2);
      expect(await call('GET', '/settings')).to.deep.include({
        body: { ...calm, throttleRate: 1, latencyMs: 5 },
      });
    });
  });

  it('counts, and forgets on reset', async () => {
    await simulating(async ({ send, call, log }) => {
      const message = { to: 't', channel: 'sms', content: '[fail:1]' };
      for (const key of ['a', 'a', 'a', 'b']) await send(message, { 'idempotency-key': key });
      const { body } = await call('GET', '/stats');
      expect(body).to.deep.include({ requests: 4, acceptedKeys: 1, duplicates: 1 });
      expect(body['answers']).to.include({ accepted: 2, failed: 2 });
      await call('POST', '/reset');
      expect((await call('GET', '/stats')).body).to.include({ requests: 0, firstAt: null });
      expect(await log('')).to.deep.equal([]);
      expect(await send(message, { 'idempotency-key': 'a' })).to.include({ status: 503 });
    });
  });

  it('answers for its health, and to nothing else', async () => {
    await simulating(async ({ base, agent, call }) => {
      const live = await request(`${base}/healthz/live`, { dispatcher: agent });
      await live.body.dump();
      expect(live.statusCode).to.equal(200);
      expect(await call('GET', '/')).to.include({ status: 404 });
      expect(await call('DELETE', '/log')).to.include({ status: 404 });
    });
  });
});

type Reply = { status: number; headers: Dispatcher.ResponseData['headers']; body: Record<string, unknown> };

/** Runs a simulator of its own. */
async function simulating(use: (simulator: ReturnType<typeof client>) => Promise<void>): Promise<void> {
  const server = await serve(
    {
      simulator: {
        behaviour: calm,
        log: createRequestLog({ entriesMax: 100, bytesMax: 1_000_000, keepContent: true }),
        tally: createTally(100),
        now: Date.now,
        random: () => 0.5,
      },
      health: createHealth(() => ({})),
    },
    { host: '127.0.0.1', port: 0 },
  );
  const { port } = server.address() as AddressInfo;
  const simulator = client(`http://127.0.0.1:${port}`);
  try {
    await use(simulator);
  } finally {
    await simulator.agent.destroy();
    server.closeAllConnections();
    server.close();
  }
}

function client(base: string) {
  const agent = new Agent();
  const call = async (
    method: Dispatcher.HttpMethod,
    path: string,
    sent?: unknown,
    headers = {},
  ): Promise<Reply> => {
    const body = sent === undefined ? null : JSON.stringify(sent);
    const response = await request(`${base}${path}`, { method, body, headers, dispatcher: agent });
    return {
      status: response.statusCode,
      headers: response.headers,
      body: Object(await response.body.json()),
    };
  };
  const send = (message: object, headers = {}) => call('POST', '/', message, headers);
  const log = async (query: string): Promise<Record<string, unknown>[]> => {
    const { body } = await call('GET', `/log${query}`);
    if (!Array.isArray(body)) throw new Error('the log is no array');
    return body.map(Object);
  };
  return { base, agent, call, send, log };
}
