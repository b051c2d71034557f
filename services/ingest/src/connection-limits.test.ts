import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { useServer } from './fixture.ts';

const PATH = '/api/v1/notifications';
const SMS = JSON.stringify({ channel: 'sms', recipient: '+15550100', content: 'Merhaba' });
const HEAD = `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
const TIMEOUT_MS = 300;

function expectRefusal(answer: string, status: number, type: string): void {
  expect(answer).to.match(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer.toLowerCase()).to.include('content-type: application/problem+json');
  expect(answer).to.include(`"type":"/probs/${type}"`);
  expect(answer).to.not.match(/node_modules|\.ts:|at .*\(/);
}

describe('a connection', () => {
  const server = useServer({ requestTimeoutMs: TIMEOUT_MS });
  let port = 0;
  before(async () => {
    port = Number(new URL(await server.app.listen({ port: 0, host: '127.0.0.1' })).port);
  });

  /** Sends this and then a byte at a time for as long as it is let; resolves with all that comes until the end. */
  async function say(words: string | Buffer, more = ''): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    await once(socket, 'connect');
    socket.write(words);
    const drip = more === '' ? undefined : setInterval(() => socket.write(more), 20);
    return text(socket).finally(() => clearInterval(drip));
  }

  it('of a client that sends its header a byte at a time is answered 408 and cut off', async () => {
    expectRefusal(await say(`${HEAD}x-slow: `, 'a'), 408, 'request-timeout');
  });

  it('of a client that sends its body a byte at a time is answered 408 and cut off', async () => {
    expectRefusal(await say(`${HEAD}content-length: 100000\r\n\r\n{"a":"`, 'a'), 408, 'request-timeout');
    expectRefusal(
      await say(`${HEAD}transfer-encoding: chunked\r\n\r\n`, '1\r\na\r\n'),
      408,
      'request-timeout',
    );
  });

  it('of a client whose headers are too large is answered 431', async () => {
    expectRefusal(await say(`${HEAD}x-large: ${'a'.repeat(20_000)}\r\n\r\n`), 431, 'headers-too-large');
  });

  it('of a client that speaks no HTTP is answered 400', async () => {
    expectRefusal(await say('EHLO example.org\r\n\r\n'), 400, 'malformed-request');
  });

  it('of a client that announces too large a body is answered before the body comes', async () => {
    const answer = await say(`${HEAD}content-length: ${2 ** 40}\r\n\r\n`, 'a'.repeat(1_000));
    expectRefusal(answer, 413, 'payload-too-large');
  });

  it('of a client that sends too large a body in chunks is answered while it sends', async () => {
    const chunk = `100000\r\n${'a'.repeat(0x100000)}\r\n`;
    expectRefusal(
      await say(`${HEAD}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`, 'a'),
      413,
      'payload-too-large',
    );
  });

  it('of a client that would rather speak HTTP/2, as Java offers with each request, is answered all the same', async () => {
    server.app.server.on('upgrade', (_, socket) => socket.destroy());
    const offer =
      'connection: close, upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n';
    const answer = await say(`${HEAD}${offer}content-length: ${SMS.length}\r\n\r\n${SMS}`);
    expect(answer).to.match(/^HTTP\/1.1 202 /);
  });

  it('stays open between requests, for longer than one may take', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async () => {
      const asked = request({ port, path: '/healthz/live', agent }).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      await text(answer);
      return { status: answer.statusCode, isReused: asked.reusedSocket };
    };
    expect(await ask()).to.deep.equal({ status: 200, isReused: false });
    await sleep(3 * TIMEOUT_MS);
    expect(await ask()).to.deep.equal({ status: 200, isReused: true });
    agent.destroy();
  });

  it('brings no body that would have to be unpacked', async () => {
    const body = gzipSync(SMS);
    const head = `${HEAD}connection: close\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`;
    const answer = await say(Buffer.concat([Buffer.from(head), body]));
    expectRefusal(answer, 415, 'unsupported-media-type');
    expect(answer).to.include('accept-encoding: identity');
  });
});

describe('answers', () => {
  const server = useServer();
  const open = useServer({ allowedOrigins: ['https://app.example.com'], verifyKey: () => 'wrong' });
  const preflight = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  };

  it('are no pages, whatever they are', async () => {
    for (const url of [PATH, '/nothing', '/%', '/metrics']) {
      const { headers } = await server.app.inject(url);
      expect(headers, url).to.include({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
      expect(headers['content-security-policy'], url).to.include("default-src 'none'");
    }
  });

  it('are for no page of another origin unless it is allowed', async () => {
    for (const [app, origin] of [
      [server.app, 'https://app.example.com'],
      [open.app, 'https://evil.example.com'],
    ] as const) {
      for (const method of ['GET', 'OPTIONS'] as const) {
        const { headers } = await app.inject({ method, url: PATH, headers: { origin, ...preflight } });
        expect(headers).to.not.have.property('access-control-allow-origin');
      }
    }
  });

  it('are for pages of an origin that is allowed, refusals too', async () => {
    const origin = 'https://app.example.com';
    const asked = await open.app.inject({ method: 'OPTIONS', url: PATH, headers: { origin, ...preflight } });
    expect(asked.statusCode).to.equal(204);
    expect(asked.headers).to.include({
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'authorization',
    });
    const refused = await open.app.inject({ url: PATH, headers: { origin } });
    expect(refused.statusCode).to.equal(401);
    expect(refused.headers['access-control-allow-origin']).to.equal(origin);
    expect(refused.headers['access-control-expose-headers']).to.include('RateLimit');
    expect(refused.headers['vary']).to.match(/origin/i);
  });
});
