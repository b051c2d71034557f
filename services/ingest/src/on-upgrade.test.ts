import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { createUpgrades, type Upgrades } from './on-upgrade.ts';

/** A gateway that says what it was sent, and an HTTP server that forwards upgrades to it. */
describe('forwarding upgrades', () => {
  const heard: Buffer[] = [];
  const gateway = createServer((socket) => {
    socket.on('data', (bytes) => {
      heard.push(bytes);
      socket.write(`gateway got: ${bytes.toString()}`);
    });
    socket.on('error', () => {});
  });
  let front: Server;
  let upgrades: Upgrades;

  beforeEach(async () => {
    if (!gateway.listening) await once(gateway.listen(0, '127.0.0.1'), 'listening');
    upgrades = createUpgrades({ host: '127.0.0.1', port: portOf(gateway) });
    front = createHttpServer().on('upgrade', upgrades.forward);
    await once(front.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => {
    upgrades.end();
    front.close();
  });
  after(() => gateway.close());

  async function upgraded(): Promise<{ client: Socket; answer: string }> {
    const client = connect(portOf(front), '127.0.0.1').setEncoding('utf8');
    client.on('error', () => {});
    client.write(
      'GET /ws?x=1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Odd: Ş\r\n\r\n',
    );
    const [answer] = await once(client, 'data');
    return { client, answer: String(answer) };
  }

  it('passes the request and everything after it on, both ways', async () => {
    const { client, answer } = await upgraded();
    expect(answer).to.match(/^gateway got: GET \/ws\?x=1 HTTP\/1\.1\r\nHost: a\r\nConnection: Upgrade\r\n/);
    client.write('a frame');
    const [echo] = await once(client, 'data');
    expect(echo).to.equal('gateway got: a frame');
  });

  it('ends what it forwarded, so that a server with open ones can close', async () => {
    const { client } = await upgraded();
    const closed = once(front, 'close');
    front.close();
    upgrades.end();
    await Promise.all([closed, once(client, 'close')]);
  });

  it('refuses whoever asks while it ends', async () => {
    upgrades.end();
    const { client, answer } = await upgraded();
    expect(answer).to.match(/^HTTP\/1\.1 503 .*\r\nconnection: close\r\n/);
    await once(client, 'close');
  });

  it('has the gateway say goodbye to the clients of what it ends', async () => {
    const { client } = await upgraded();
    upgrades.end();
    await Promise.all([once(client, 'data'), once(client, 'close')]);
    // A close of a WebSocket, masked as clients do it, with zeros: 1001, going away.
    expect(heard.at(-1)?.toString('hex')).to.equal('88820000000003e9');
  });

  it('answers 502 when nobody answers at all where the gateway was', async () => {
    const nowhere = { host: 'gateway.test', port: 1, lookup: () => {} };
    const { forward, end } = createUpgrades(nowhere, 50);
    front.removeAllListeners('upgrade').on('upgrade', forward);
    expect((await upgraded()).answer).to.match(/^HTTP\/1\.1 502 /);
    end();
  });

  it('answers 502 when the gateway is away', async () => {
    gateway.close();
    await once(gateway, 'close');
    expect((await upgraded()).answer).to.match(/^HTTP\/1\.1 502 /);
  });
});

function portOf(server: { address: () => unknown }): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null || !('port' in address))
    throw new Error('not listening');
  return Number(address.port);
}
