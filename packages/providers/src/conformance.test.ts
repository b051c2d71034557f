/** What every provider must make of a vendor and the network, whatever it speaks. Vendors are real local servers. */
import { expect } from 'chai';
import type { ProviderMessage } from './provider.ts';
import {
  type Answer,
  freePort,
  listening,
  type Protocol,
  type Received,
  using,
  type Vendor,
} from './vendor.test.ts';

export const message: ProviderMessage = {
  to: '+15550100199',
  channel: 'sms',
  content: 'Doğum günün kutlu olsun! 🎉 مرحبا',
  idempotencyKey: '0199f0c2-0000-7000-8000-000000000001:0',
  correlationId: 'order-17',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

/** So long that only a fault lasts as long, and so short that waiting for it is no burden. */
const LONG_MS = 10_000;
const SHORT_MS = 200;
/** So long that the vendor has read the message, on a busy machine too. */
const READ_MS = 1_500;

export function describeConformance(protocol: Protocol): void {
  describeAnswers(protocol);
  describeFaults(protocol);
  describeConnections(protocol);
  describeSecrets(protocol);
}

function asTold({ to, content, idempotencyKey, correlationId }: Received): Received {
  return { to, content, idempotencyKey, correlationId };
}

type Answering = (received: Received) => Answer | Promise<Answer>;

/** Runs a vendor that answers so, until the test is over. */
export async function vending<R>(
  { start }: Protocol,
  answer: Answering,
  use: (vendor: Vendor) => Promise<R>,
): Promise<R> {
  return use(await start(answer));
}

function tools(protocol: Protocol) {
  const sent = { ...message, to: protocol.to };
  const calling = (url: string, timeoutMs = LONG_MS) =>
    using(protocol.make({ url, timeoutMs, connections: 2 }), (provider) => provider.send(sent));
  const answered = (answer: Answer, timeoutMs = LONG_MS) =>
    vending(
      protocol,
      () => answer,
      ({ url }) => calling(url, timeoutMs),
    );
  return { sent, calling, answered };
}

function describeAnswers(protocol: Protocol): void {
  const { sent, answered } = tools(protocol);

  it('accepted: the vendor took it, and has a name for it', async () => {
    expect(await answered({ kind: 'accept' })).to.deep.equal({ kind: 'accepted', messageId: 'msg-1' });
  });

  it('accepted: the vendor took it, in words nobody understands', async () => {
    const { kind, messageId } = Object(await answered({ kind: 'accept oddly' }));
    expect(kind).to.equal('accepted');
    if (messageId !== null) expect(messageId).to.match(/^[\x20-\x7e]+$/);
  });

  it('passes on the message, and what tells it and its repeats from others', async () => {
    const other = {
      ...sent,
      idempotencyKey: sent.idempotencyKey.replace(/0$/, '1'),
      correlationId: 'order-18',
    };
    await vending(
      protocol,
      () => ({ kind: 'accept' }),
      async ({ url, received }) => {
        await using(protocol.make({ url, timeoutMs: LONG_MS, connections: 1 }), async (provider) => {
          for (const one of [sent, sent, other]) await provider.send(one);
        });
        expect(received.map(asTold)).to.deep.equal(
          [sent, sent, other].map((one) =>
            asTold({ ...one, idempotencyKey: protocol.keyOf(one.idempotencyKey) }),
          ),
        );
      },
    );
  });

  it('rejected: the vendor will never take it, and its words are passed on without the person they are about', async () => {
    const words = `no\u0007 such name ${sent.to} (${sent.to.slice(1).toLowerCase()}) for ${sent.content} `;
    const { kind, reason } = Object(await answered({ kind: 'reject', words: words + 'ş'.repeat(2_000) }));
    expect(kind).to.equal('rejected');
    expect(reason).to.match(/no such name \[\.\.\.\] .* for \[\.\.\.\] ş+$/);
    expect(Buffer.byteLength(reason)).to.be.within(1_000, 1_100);
  });

  it('throttled: the vendor wants it slower, and perhaps says how much', async () => {
    expect(await answered({ kind: 'throttle' })).to.include({ kind: 'throttled', retryAfterMs: null });
    if (!protocol.hasRetryAfter) return;
    const date = new Date(Date.now() + 60_000).toUTCString();
    const seconds = await answered({ kind: 'throttle', retryAfter: '7' });
    expect(seconds).to.include({ kind: 'throttled', retryAfterMs: 7_000 });
    const until = await answered({ kind: 'throttle', retryAfter: date });
    expect(Object(until).retryAfterMs).to.be.within(30_000, 60_000);
  });

  it('unavailable: the vendor could not take it', async () => {
    const outcome = await answered({ kind: 'be unavailable', words: 'later' });
    expect(outcome).to.include({ kind: 'unavailable', answered: true, retryAfterMs: null });
    expect(Object(outcome).reason).to.match(/ later$/);
  });

  it('reads an endless answer to a bound only', async () => {
    let bytes = 0;
    const { kind } = await answered({ kind: 'flood', onSent: (more) => (bytes += more) });
    expect(kind).to.be.oneOf(['accepted', 'unknown']);
    // What is beyond the bound lies in the buffers of two sockets.
    expect(bytes).to.be.lessThan(64 * 1024 * 1024);
  });
}

function describeFaults(protocol: Protocol): void {
  const { calling, answered } = tools(protocol);
  const nothingSent = { kind: 'unavailable', answered: false };

  it('unavailable: nobody listens, or has that name: nothing was sent', async () => {
    const port = await freePort();
    for (const host of ['127.0.0.1', 'nonexistent.invalid'])
      expect(await calling(protocol.url(`${host}:${port}`)), host).to.include(nothingSent);
  });

  it('unavailable: the time was over before the connection was up: nothing was sent', async () => {
    const silent = await listening(() => undefined);
    const outcome = await calling(protocol.secureUrl(silent), SHORT_MS);
    expect(outcome).to.include(nothingSent);
  });

  it('unavailable: the vendor does not speak TLS: nothing was sent', async () => {
    const plain = await listening((socket) => socket.end('no TLS here\r\n'));
    const outcome = await calling(protocol.secureUrl(plain));
    expect(outcome).to.include(nothingSent);
  });

  it('unknown: the message was read and no answer came in time', async () => {
    expect(await answered({ kind: 'say nothing' }, READ_MS)).to.deep.equal({
      kind: 'unknown',
      reason: `no answer within ${READ_MS} ms`,
    });
  });

  for (const kind of ['reset', 'hang up', 'answer in another language'] as const)
    it(`unknown: the message was read, and what came was: ${kind}`, async () => {
      expect(await answered({ kind })).to.include({ kind: 'unknown' });
    });

  it('says that nothing was sent only of what the vendor has not seen, though it closes connections at will', async () => {
    const { sent } = tools(protocol);
    await vending(
      protocol,
      () => ({ kind: 'accept and hang up' }),
      async ({ url, received }) => {
        await using(protocol.make({ url, timeoutMs: LONG_MS, connections: 2 }), async (provider) => {
          for (let round = 0; round < 12; round += 1) {
            const seen = received.length;
            const { kind } = await provider.send(sent);
            if (kind === 'unavailable') expect(received.length).to.equal(seen);
            else expect(kind).to.be.oneOf(['accepted', 'unknown']);
          }
        });
      },
    );
  });
}

function describeConnections(protocol: Protocol): void {
  const { sent } = tools(protocol);

  it('keeps its connections, and opens as many as it may', async () => {
    await vending(
      protocol,
      () => new Promise((resolve) => setImmediate(resolve, { kind: 'accept' })),
      async ({ url, received, connections }) => {
        await using(protocol.make({ url, timeoutMs: LONG_MS, connections: 3 }), async (provider) => {
          const outcomes = await Promise.all(Array.from({ length: 60 }, () => provider.send(sent)));
          expect(outcomes.every(({ kind }) => kind === 'accepted')).to.equal(true);
        });
        expect(received).to.have.length(60);
        expect(connections()).to.equal(3);
      },
    );
  });

  it('never sends a message whose time was over while it waited for a connection', async () => {
    await vending(
      protocol,
      ({ correlationId }) => ({ kind: correlationId === 'hangs' ? 'say nothing' : 'accept' }),
      async (vendor) => {
        const options = { url: vendor.url, timeoutMs: READ_MS, connections: 1 };
        await using(protocol.make(options), async (provider) => {
          const [hanging, waiting] = await Promise.all([
            provider.send({ ...sent, correlationId: 'hangs' }),
            provider.send({ ...sent, correlationId: 'waits' }),
          ]);
          expect(hanging).to.include({ kind: 'unknown' });
          expect(waiting).to.include({ kind: 'unavailable', answered: false });
        });
        await using(protocol.make({ ...options, timeoutMs: LONG_MS }), async (provider) => {
          expect(await provider.send({ ...sent, correlationId: 'next' })).to.include({ kind: 'accepted' });
        });
        expect(vendor.received.map(({ correlationId }) => correlationId)).to.deep.equal(['hangs', 'next']);
      },
    );
  });

  it('never begins a message whose time ran out while the process stood still', async () => {
    await vending(
      protocol,
      () => ({ kind: 'accept' }),
      async (vendor) => {
        const moments = [0, READ_MS];
        const monotonicMs = () => moments.shift() ?? READ_MS;
        const options = { url: vendor.url, timeoutMs: READ_MS, connections: 1, monotonicMs };
        await using(protocol.make(options), async (provider) => {
          expect(await provider.send(sent)).to.include({ kind: 'unavailable', answered: false });
        });
        expect(vendor.received).to.have.length(0);
      },
    );
  });

  it('goes on after a message that got no answer', async () => {
    await vending(
      protocol,
      ({ correlationId }) => ({ kind: correlationId === 'hangs' ? 'say nothing' : 'accept' }),
      async ({ url }) => {
        await using(protocol.make({ url, timeoutMs: READ_MS, connections: 1 }), async (provider) => {
          expect(await provider.send({ ...sent, correlationId: 'hangs' })).to.include({ kind: 'unknown' });
          expect(await provider.send(sent)).to.include({ kind: 'accepted' });
        });
      },
    );
  });

  it('finishes what is in flight when it closes, and sends nothing afterwards', async () => {
    const arrived = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<Answer>();
    await vending(
      protocol,
      () => {
        arrived.resolve();
        return answer.promise;
      },
      async ({ url, received }) => {
        const provider = protocol.make({ url, timeoutMs: LONG_MS, connections: 1 });
        const sending = provider.send(sent);
        const waiting = provider.send(sent);
        await arrived.promise;
        const closing = provider.close();
        answer.resolve({ kind: 'accept' });
        expect(await sending).to.include({ kind: 'accepted' });
        expect(await waiting).to.include({ kind: 'accepted' });
        await closing;
        expect(await provider.send(sent)).to.include({ kind: 'unavailable', answered: false });
        expect(received).to.have.length(2);
      },
    );
  });
}

function describeSecrets(protocol: Protocol): void {
  const { sent } = tools(protocol);
  const [user, password] = ['operator-7', 'hunter2 & co'];
  const secrets = [user, password, sent.to, sent.content];
  const kinds = ['reject', 'be unavailable', 'throttle', 'say nothing', 'hang up'] as const;

  it('tells no secret in an outcome, on the screen or in an error', async () => {
    const told = await listeningToScreen(async () => {
      const outcomes = [];
      for (const kind of kinds)
        outcomes.push(
          await vending(
            protocol,
            () => ({ kind, words: `you sent ${secrets.join(', ')}` }),
            ({ url }) => send(protocol.signedIn(url, user, password), SHORT_MS),
          ),
        );
      for (const where of [`127.0.0.1:${await freePort()}`, 'nonexistent.invalid'])
        outcomes.push(await send(protocol.signedIn(protocol.url(where), user, password), LONG_MS));
      return outcomes;
    });
    for (const secret of [...secrets, encodeURIComponent(password)]) expect(told).to.not.include(secret);
  });

  it('tells no secret when its URL cannot be read', () => {
    for (const url of [protocol.signedIn('//h:99999/', user, password), protocol.signedIn('//h/', user, '%')])
      expect(() => protocol.make({ url: url.replace('%25', '%'), timeoutMs: LONG_MS, connections: 1 }))
        .to.throw(/cannot be read/)
        .with.property('message')
        .that.does.not.include(user);
  });

  const send = (url: string, timeoutMs: number) =>
    using(protocol.make({ url, timeoutMs, connections: 1 }), (provider) => provider.send(sent));
}

/** What it returns, and whatever this process wrote meanwhile, as text. */
async function listeningToScreen(run: () => Promise<unknown>): Promise<string> {
  const streams = [process.stdout, process.stderr];
  let written = '';
  const write = (text: string | Uint8Array) => {
    written += String(text);
    return true;
  };
  for (const stream of streams) Object.assign(stream, { write });
  try {
    return JSON.stringify(await run()) + written;
  } finally {
    // What was put over the method of their class.
    for (const stream of streams) Reflect.deleteProperty(stream, 'write');
  }
}
