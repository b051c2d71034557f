import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { describeConformance, message } from './conformance.test.ts';
import { httpProvider } from './http.ts';
import { using, vending } from './vendor.test.ts';

describe('HTTP provider', () => {
  describeConformance({ make: (options) => httpProvider({ name: 'http', ...options }), accept });

  it('sends the message byte for byte, with what identifies it', async () => {
    const [request] = await received('', message);
    expect(
      request?.body.equals(
        Buffer.from(`{"to":"+15550100199","channel":"sms","content":"${message.content}"}`),
      ),
    ).to.equal(true);
    expect(request?.rawHeaders.join('\n'))
      .to.include(
        `Idempotency-Key\n${message.idempotencyKey}\nX-Correlation-ID\norder-17\ntraceparent\n${message.traceparent}`,
      )
      .and.include(`Content-Type\napplication/json`);
    expect(request?.headers).to.include({ 'content-length': String(request?.body.length) });
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

  it('keeps the path and query of its URL, and signs in with its user', async () => {
    const [request] = await received('send/sms?key=a%20b', message, (url) =>
      url.replace('//', '//me:p%40ss@'),
    );
    expect(request?.path).to.equal('/send/sms?key=a%20b');
    expect(request?.headers).to.include({
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    });
  });

  it('tells no secret of its URL when the vendor cannot be reached', async () => {
    const url = 'http://me:hunter2@nonexistent.invalid/send?key=hunter2';
    const outcome = await using(
      httpProvider({ name: 'http', url, timeoutMs: 10_000, connections: 1 }),
      (provider) => provider.send(message),
    );
    expect(outcome).to.include({ kind: 'unavailable' });
    expect(JSON.stringify(outcome)).to.not.include('hunter2');
  });

  const ids: readonly [id: unknown, messageId: string | null][] = [
    ['msg-1', 'msg-1'],
    [42, '42'],
    ['a\u0000b', 'a b'],
    ['', null],
    ['ş'.repeat(1_000), 'ş'.repeat(512)],
  ];
  it("takes the vendor's id, fit to be stored", async () => {
    for (const [id, messageId] of ids) {
      const answer = (_: unknown, response: ServerResponse) =>
        response.end(JSON.stringify({ messageId: id }));
      const outcome = await vending(answer, ({ url }) =>
        using(httpProvider({ name: 'http', url, timeoutMs: 10_000, connections: 1 }), (provider) =>
          provider.send(message),
        ),
      );
      expect(outcome).to.deep.equal({ kind: 'accepted', messageId });
    }
  });
});

function accept(response: ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ messageId: 'msg-1', status: 'accepted', timestamp: '2026-01-01T00:00:00Z' }));
}

/** What the vendor gets when a message is sent to this path of it. */
function received(path: string, sent: typeof message, change = (url: string) => url) {
  return vending(
    (_, response) => accept(response),
    async ({ url, requests }) => {
      const options = { name: 'http', url: change(`${url}${path}`), timeoutMs: 10_000, connections: 1 };
      const outcome = await using(httpProvider(options), (provider) => provider.send(sent));
      expect(outcome).to.deep.equal({ kind: 'accepted', messageId: 'msg-1' });
      return requests;
    },
  );
}
