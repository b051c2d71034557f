import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';
import { pingPeers } from './ping.ts';

describe('pingPeers', () => {
  it('drops a peer that does not answer, and keeps one that does', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [alive, dead] = [new WebSocket(url), new WebSocket(url, { autoPong: false })];
    await Promise.all([once(alive, 'open'), once(dead, 'open')]);
    const stop = pingPeers(server.clients, 200);
    const [code] = (await once(dead, 'close')) as [number];
    expect(code).to.equal(1006);
    expect(alive.readyState).to.equal(WebSocket.OPEN);
    stop();
    alive.terminate();
    server.close();
  });
});
