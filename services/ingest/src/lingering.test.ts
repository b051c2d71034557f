import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { lingering } from './lingering.ts';

const ANSWER = 'too large';
const HEAD = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000\r\n\r\n';

describe('an answer to a request that is still being sent', () => {
  let server: Server;
  let client: Socket;
  let closed: Promise<unknown>;

  before(async () => {
    server = createServer((request, response) => {
      response.writeHead(413, { 'content-length': ANSWER.length, connection: 'close' });
      void pipeline(Readable.from(lingering(ANSWER, request)), response).catch(() => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());
  beforeEach(async () => {
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    closed = once(client, 'close');
    client.write(HEAD);
    const [bytes] = (await once(client, 'data')) as [Buffer];
    let received = bytes.toString();
    while (!received.endsWith(ANSWER)) received += String((await once(client, 'data'))[0]);
  });

  it('has come before the rest is sent, for which the connection stays open', async () => {
    for (let sent = 0; sent < 10_000_000; sent += 1_000_000)
      if (!client.write(Buffer.alloc(1_000_000))) await once(client, 'drain');
    // By an orderly end: what is closed in the middle of a body ends in an error.
    await once(client, 'end');
  });

  it('is the last thing that who sends nothing more is told', async () => {
    await closed;
    expect(client.destroyed).to.equal(true);
  });
});
