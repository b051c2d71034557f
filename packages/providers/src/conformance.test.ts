/** What every provider must make of a vendor and the network, whatever it speaks. Vendors are real local servers. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import type { Provider, ProviderMessage } from './provider.ts';
import { freePort, listening, using, vending } from './vendor.test.ts';
import type { Answer } from './vendor.test.ts';

export type Subject = {
  make: (options: { url: string; timeoutMs: number; connections: number }) => Provider;
  /** Answers as the vendor does when it has taken the message. */
  accept: (response: ServerResponse) => void;
};

export const message: ProviderMessage = {
  to: '+15550100199',
  channel: 'sms',
  content: 'Doğum günün kutlu olsun! 🎉 مرحبا',
  idempotencyKey: '0199f0c2-0000-7000-8000-000000000001:0',
  correlationId: 'order-17',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

export function describeConformance({ make, accept }: Subject): void {
  const calling = (url: string, timeoutMs = LONG_MS) =>
    using(make({ url, timeoutMs, connections: 2 }), (provider) => provider.send(message));
  const answered = (answer: Answer, timeoutMs = LONG_MS) =>
    vending(answer, ({ url }) => calling(url, timeoutMs));

  it('accepted: the vendor took it', async () => {
    expect(await answered((_, response) => accept(response))).to.include({ kind: 'accepted' });
  });

  it('accepted: the vendor took it, in words nobody understands', async () => {
    const yes = { kind: 'accepted', messageId: null };
    for (const [type, body] of oddAnswers)
      expect(
        await answered((_, response) => response.writeHead(200, { 'content-type': type }).end(body)),
      ).to.deep.equal(yes);
    expect(await answered((_, response) => response.writeHead(204).end())).to.deep.equal(yes);
  });

  it('accepted: the vendor said yes and the answer broke off, or never ended', async () => {
    expect(await answered(breakOff)).to.include({ kind: 'accepted' });
    expect(await answered((_, response) => response.writeHead(200).write('{'), SHORT_MS)).to.include({
      kind: 'accepted',
    });
  });

  it('reads an endless answer to a bound only', async () => {
    let sent = 0;
    const flood: Answer = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(KILOBYTE)) sent += KILOBYTE.length;
      };
      response.writeHead(200).on('drain', more);
      more();
    };
    expect(await answered(flood)).to.deep.equal({ kind: 'accepted', messageId: null });
    // What is beyond lies in the buffers of two sockets.
    expect(sent).to.be.lessThan(64 * 1024 * 1024);
  });

  it('rejected: the vendor will never take it, and its words are passed on without the person they are about', async () => {
    const words = `no\u0000 such number ${message.to} (${message.to.slice(1)}) for ${JSON.stringify(message.content)}\n`;
    const outcome = await answered((_, response) => response.writeHead(400).end(words + 'ş'.repeat(2_000)));
    const { kind, reason } = Object(outcome);
    expect(kind).to.equal('rejected');
    expect(reason).to.match(/^HTTP 400 no such number \[\.\.\.\] \(\[\.\.\.\]\) for "\[\.\.\.\]" ş+$/);
    expect(Buffer.byteLength(reason)).to.be.within(1_000, 1_100);
  });

  for (const status of [401, 404, 408, 422])
    it(`rejected: ${status}`, async () => {
      expect(await answered((_, response) => response.writeHead(status).end())).to.deep.equal({
        kind: 'rejected',
        reason: `HTTP ${status}`,
      });
    });

  it('throttled: the vendor wants it slower, and perhaps says how much', async () => {
    for (const [header, retryAfterMs] of retryAfters)
      expect(
        await answered((_, response) =>
          response.writeHead(429, header === null ? {} : { 'retry-after': header }).end(),
        ),
      ).to.deep.equal({ kind: 'throttled', reason: 'HTTP 429', retryAfterMs });
  });

  it('throttled: until a date', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const outcome = await answered((_, response) => response.writeHead(429, { 'retry-after': date }).end());
    expect(Object(outcome).retryAfterMs).to.be.within(30_000, 60_000);
  });

  it('unavailable: the vendor could not take it', async () => {
    const outcome = await answered((_, response) =>
      response.writeHead(503, { 'retry-after': '3' }).end('later'),
    );
    expect(outcome).to.deep.equal({
      kind: 'unavailable',
      reason: 'HTTP 503 later',
      answered: true,
      retryAfterMs: 3_000,
    });
  });

  it('unavailable: a redirect is not followed', async () => {
    const outcome = await answered((_, response) =>
      response.writeHead(307, { location: '/elsewhere' }).end(),
    );
    expect(outcome).to.include({ kind: 'unavailable', answered: true });
  });

  it('unavailable: nobody listens, or has that name: nothing was sent', async () => {
    const port = await freePort();
    for (const host of ['127.0.0.1', 'nonexistent.invalid'])
      expect(await calling(`http://${host}:${port}/`)).to.include({ kind: 'unavailable', answered: false });
  });

  it('unavailable: the time was over before the connection was up: nothing was sent', async () => {
    const silent = await listening(() => undefined);
    const outcome = await calling(`https://127.0.0.1:${silent.port}/`, SHORT_MS);
    await silent.close();
    expect(outcome).to.include({ kind: 'unavailable', answered: false });
  });

  it('unavailable: the vendor does not speak TLS: nothing was sent', async () => {
    const plain = await listening((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const outcome = await calling(`https://127.0.0.1:${plain.port}/`);
    await plain.close();
    expect(outcome).to.include({ kind: 'unavailable', answered: false });
  });

  it('unknown: the request was read and no answer came in time', async () => {
    const outcome = await answered(() => undefined, SHORT_MS);
    expect(outcome).to.deep.equal({ kind: 'unknown', reason: `no answer within ${SHORT_MS} ms` });
  });

  const ends: readonly [string, (socket: Socket) => void][] = [
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.end()],
    ['closed within the headers of an answer', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-')],
    ['answered with something else than HTTP', (socket) => socket.end('220 mail.example.org ESMTP\r\n')],
  ];
  for (const [how, end] of ends)
    it(`unknown: the request was read, then the connection was ${how}`, async () => {
      const vendor = await listening((socket) => void socket.once('data', () => end(socket)));
      const outcome = await calling(`http://127.0.0.1:${vendor.port}/`);
      await vendor.close();
      expect(outcome).to.include({ kind: 'unknown' });
    });

  it('says that nothing was sent only of what the vendor has not seen, though it closes connections at will', async () => {
    await vending(
      (_, response) => {
        const { socket } = response;
        response.on('finish', () => setImmediate(() => socket?.destroy()));
        accept(response);
      },
      async ({ url, requests }) => {
        await using(make({ url, timeoutMs: LONG_MS, connections: 2 }), async (provider) => {
          for (let round = 0; round < 50; round += 1) {
            const seen = requests.length;
            const { kind } = await provider.send(message);
            if (kind === 'unavailable') expect(requests.length).to.equal(seen);
            else expect(kind).to.be.oneOf(['accepted', 'unknown']);
          }
        });
      },
    );
  });

  it('keeps its connections, and opens as many as it may', async () => {
    await vending(
      (_, response) => void setImmediate(() => accept(response)),
      async ({ url, requests, connections }) => {
        await using(make({ url, timeoutMs: LONG_MS, connections: 3 }), async (provider) => {
          const outcomes = await Promise.all(Array.from({ length: 60 }, () => provider.send(message)));
          expect(outcomes.every(({ kind }) => kind === 'accepted')).to.equal(true);
        });
        expect(requests).to.have.length(60);
        expect(connections()).to.equal(3);
      },
    );
  });

  it('never sends a message whose time was over while it waited for a connection', async () => {
    await vending(
      (request, response) => (request.headers['x-correlation-id'] === 'hangs' ? undefined : accept(response)),
      async ({ url, requests }) => {
        await using(make({ url, timeoutMs: SHORT_MS, connections: 1 }), async (provider) => {
          const [hanging, waiting] = await Promise.all([
            provider.send({ ...message, correlationId: 'hangs' }),
            provider.send({ ...message, correlationId: 'waits' }),
          ]);
          expect(hanging).to.include({ kind: 'unknown' });
          expect(waiting).to.include({ kind: 'unavailable', answered: false });
          expect(await provider.send({ ...message, correlationId: 'next' })).to.include({ kind: 'accepted' });
        });
        expect(requests.map(({ headers }) => headers['x-correlation-id'])).to.deep.equal(['hangs', 'next']);
      },
    );
  });

  it('finishes what is in flight when it closes, and sends nothing afterwards', async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    await vending(
      (_, response) => arrived.resolve(response),
      async ({ url, requests }) => {
        const provider = make({ url, timeoutMs: LONG_MS, connections: 1 });
        const sending = provider.send(message);
        const response = await arrived.promise;
        const closing = provider.close();
        accept(response);
        expect(await sending).to.include({ kind: 'accepted' });
        await closing;
        expect(await provider.send(message)).to.include({ kind: 'unavailable', answered: false });
        expect(requests).to.have.length(1);
      },
    );
  });
}

const breakOff: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': 100 }).write('{"mess', () => response.destroy());
};

/** So long that only a fault lasts as long, and so short that waiting for it is no burden. */
const LONG_MS = 10_000;
const SHORT_MS = 100;
const KILOBYTE = Buffer.alloc(1_024, 'x');
const oddAnswers = [
  ['text/html', '<html>OK</html>'],
  ['application/json', ''],
  ['application/json', '[]'],
  ['application/json', 'null'],
  ['application/json', '{"messageId":{}}'],
  ['application/octet-stream', Buffer.from([0xff, 0xfe, 0x00])],
] as const;
const retryAfters: readonly [header: string | null, ms: number | null][] = [
  [null, null],
  ['7', 7_000],
  ['0', 0],
  ['soon', null],
  ['-1', null],
  ['1.5', null],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
];
