import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import type { Socket } from 'node:net';
import { describeConformance, message } from './conformance.test.ts';
import { httpProvider, type HttpProviderOptions } from './http.ts';
import { listening, using } from './vendor.test.ts';
import { acceptByHttp, http, type HttpVendor, vendHttp } from './vendor-http.test.ts';

const LONG_MS = 10_000;
const SHORT_MS = 100;

describe('HTTP provider', () => {
  describeConformance(http);

  it('sends the message byte for byte, with what identifies it', async () => {
    const [request] = await received('', message);
    expect(request?.body.toString()).to.equal(
      `{"to":"+15550100199","channel":"sms","content":"${message.content}"}`,
    );
    expect(request?.rawHeaders.join('\n'))
      .to.include(
        `Idempotency-Key\n${message.idempotencyKey}\nX-Correlation-ID\norder-17\ntraceparent\n${message.traceparent}`,
      )
      .and.include(`Content-Type\napplication/json`);
    expect(request?.headers).to.include({ 'content-length': String(request?.body.length) });
  });

  it('sends a subject and HTML where there are any', async () => {
    const head = `{"to":"+15550100199","channel":"sms","content":"${message.content}"`;
    expect(await bodyOf({ subject: 'Şöyle', html: '<p>"</p>' })).to.equal(
      `${head},"subject":"Şöyle","html":"<p>\\"</p>"}`,
    );
    expect(await bodyOf({ subject: null, html: '<p>' })).to.equal(`${head},"html":"<p>"}`);
    expect(await bodyOf({ subject: null, html: null })).to.equal(`${head}}`);
  });

  it('leaves out a trace that there is none of', async () => {
    const [request] = await received('', { ...message, traceparent: null });
    expect(request?.headers).to.not.have.property('traceparent');
  });

  it('sends ids that no header could hold in a form that it can', async () => {
    const [request] = await received('', {
      ...message,
      correlationId: 'şube\r\nX: 1',
      idempotencyKey: '\ud800:0',
    });
    expect(request?.headers).to.include({
      'x-correlation-id': '%C5%9Fube%0D%0AX: 1',
      'idempotency-key': '%EF%BF%BD:0',
    });
  });

  it("takes the vendor's id, fit to be stored", async () => {
    for (const [id, messageId] of ids)
      expect(await answered((response) => response.end(JSON.stringify({ messageId: id })))).to.deep.equal({
        kind: 'accepted',
        messageId,
      });
  });
});

describe('answers to the HTTP provider', () => {
  it('accepted: in words nobody understands', async () => {
    const yes = { kind: 'accepted', messageId: null };
    for (const [type, body] of oddAnswers)
      expect(
        await answered((response) => response.writeHead(200, { 'content-type': type }).end(body)),
      ).to.deep.equal(yes);
    expect(await answered((response) => response.writeHead(204).end())).to.deep.equal(yes);
  });

  it('accepted: the vendor said yes and the answer broke off, or never ended', async () => {
    expect(await answered(breakOff)).to.include({ kind: 'accepted' });
    expect(await answered((response) => response.writeHead(200).write('{'), SHORT_MS)).to.include({
      kind: 'accepted',
    });
  });

  it('rejected: the words of the vendor stand behind the status', async () => {
    const words = `no such ${message.to.slice(1)} for ${JSON.stringify(message.content)}\n`;
    expect(await answered((response) => response.writeHead(400).end(words))).to.deep.equal({
      kind: 'rejected',
      reason: 'HTTP 400 no such [...] for "[...]"',
    });
  });

  for (const status of [401, 404, 408, 422])
    it(`rejected: ${status}`, async () => {
      expect(await answered((response) => response.writeHead(status).end())).to.deep.equal({
        kind: 'rejected',
        reason: `HTTP ${status}`,
      });
    });

  it('throttled: as long as a header says that can be read', async () => {
    for (const [header, retryAfterMs] of retryAfters)
      expect(
        await answered((response) => response.writeHead(429, { 'retry-after': header }).end()),
      ).to.deep.equal({ kind: 'throttled', reason: 'HTTP 429', retryAfterMs });
  });

  it('unavailable: the vendor may say for how long', async () => {
    expect(
      await answered((response) => response.writeHead(503, { 'retry-after': '3' }).end('later')),
    ).to.deep.equal({ kind: 'unavailable', reason: 'HTTP 503 later', answered: true, retryAfterMs: 3_000 });
  });

  it('unavailable: a redirect is not followed', async () => {
    const outcome = await answered((response) => response.writeHead(307, { location: '/elsewhere' }).end());
    expect(outcome).to.include({ kind: 'unavailable', answered: true });
  });

  it('unknown: the connection was closed within the headers of an answer', async () => {
    const vendor = await listening((socket) => void socket.once('data', () => end(socket)));
    const outcome = await send({ url: `http://${vendor}/` });
    expect(outcome).to.include({ kind: 'unknown' });
  });
});

describe('the address of an HTTP provider', () => {
  it('keeps its path and query, and its user signs in', async () => {
    const [request] = await received('send/sms?key=a%20b', message, {}, (url) =>
      url.replace('//', '//me:p%40ss@'),
    );
    expect(request?.path).to.equal('/send/sms?key=a%20b');
    expect(request?.headers).to.include({
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    });
  });

  it('comes with a header that signs in, and others', async () => {
    const options = { authorization: 'Bearer abc.def', headers: { 'X-Account': 'a 7' } };
    const [request] = await received('', message, options);
    expect(request?.headers).to.include({ authorization: 'Bearer abc.def', 'x-account': 'a 7' });
  });

  it('tells nothing of these, though a vendor repeats them', async () => {
    const secrets = ['query-secret', 'token-secret', 'header-secret', 'path=a'];
    const options = { authorization: `Bearer ${secrets[1]}`, headers: { 'X-Key': `${secrets[2]}` } };
    const vendor = await vendHttp((_, response) =>
      response.writeHead(400).end(`what is ${secrets.join('? ')}?`),
    );
    const outcome = await send({ ...options, url: `${vendor.url}?path=a&key=${secrets[0]}` });
    expect(Object(outcome).reason).to.equal('HTTP 400 what is [...]? [...]? [...]? path=a?');
  });

  const unfit: [string, Partial<HttpProviderOptions>][] = [
    ['a line break', { authorization: 'Bearer secret\r\nX: 1' }],
    ['what is not ASCII', { headers: { 'X-Key': 'secret-ş' } }],
    ['no name', { headers: { '': 'secret' } }],
    ['a name that is none', { headers: { 'X Key': 'secret' } }],
    ['a header of the call', { headers: { 'idempotency-Key': 'secret' } }],
    ['a header of the protocol', { headers: { Host: 'secret' } }],
    ['two ways to sign in', { authorization: 'secret', headers: { authorization: 'secret' } }],
  ];
  for (const [what, options] of unfit)
    it(`is refused with ${what}, and without telling a secret`, () => {
      expect(() => httpProvider({ name: 'x', url: 'http://h/', timeoutMs: 1, connections: 1, ...options }))
        .to.throw(/^the provider x has /)
        .with.property('message')
        .that.does.not.include('secret');
    });
});

async function bodyOf(parts: Partial<typeof message>) {
  return (await received('', { ...message, ...parts }))[0]?.body.toString();
}

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 100 }).write('{"mess', () => response.destroy());
}

function end(socket: Socket): void {
  socket.end('HTTP/1.1 200 OK\r\nContent-');
}

const oddAnswers = [
  ['text/html', '<html>OK</html>'],
  ['application/json', ''],
  ['application/json', '[]'],
  ['application/json', 'null'],
  ['application/json', '{"messageId":{}}'],
  ['application/octet-stream', Buffer.from([0xff, 0xfe, 0x00])],
] as const;

const retryAfters: readonly [header: string, ms: number | null][] = [
  ['7', 7_000],
  ['0', 0],
  ['soon', null],
  ['-1', null],
  ['1.5', null],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
];

const ids: readonly [id: unknown, messageId: string | null][] = [
  ['msg-1', 'msg-1'],
  [42, '42'],
  ['a\u0000b', 'a b'],
  [`${message.to}-7`, '[...]-7'],
  ['', null],
  ['ş'.repeat(1_000), 'ş'.repeat(512)],
];

function send(options: { url: string } & Partial<HttpProviderOptions>, sent = message) {
  const all = { name: 'http', timeoutMs: LONG_MS, connections: 1, ...options };
  return using(httpProvider(all), (provider) => provider.send(sent));
}

async function answered(answer: (response: ServerResponse) => unknown, timeoutMs = LONG_MS) {
  const vendor = await vendHttp((_, response) => answer(response));
  const outcome = await send({ url: vendor.url, timeoutMs });
  return outcome;
}

/** What the vendor gets when a message is sent to this path of it. */
async function received(
  path: string,
  sent: typeof message,
  options: Partial<HttpProviderOptions> = {},
  change = (url: string) => url,
): Promise<HttpVendor['requests']> {
  const vendor = await vendHttp((_, response) => acceptByHttp(response));
  const outcome = await send({ ...options, url: change(`${vendor.url}${path}`) }, sent);
  expect(outcome).to.deep.equal({ kind: 'accepted', messageId: 'msg-1' });
  return vendor.requests;
}
