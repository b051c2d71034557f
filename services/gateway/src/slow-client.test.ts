import { once } from 'node:events';
import { createHealth } from '@fanfare/runtime';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { stateOf } from './fixture.ts';
import { dispatch, type Hub } from './hub.ts';
import { onSocket, type SocketDeps } from './on-socket.ts';
import { type GatewayServer, startServer } from './server.ts';
import type { Interest, Place } from './told.ts';

const OTHERS = 499;
/** Beyond what the buffers of both ends take. */
const FLOOD = { changes: 300, bytes: 64 * 1024 };
const PLACE: Place = { offsets: new Map([[0, 1]]), log: '', at: 0 };
const FILL = 'x'.repeat(FLOOD.bytes);

describe('a client that never reads', () => {
  const hub: Hub = new Map();
  const clients: WebSocket[] = [];
  const backlog = { bytes: 0 };
  let server: GatewayServer;

  before(async () => {
    const deps: SocketDeps = {
      hub,
      backlog,
      load: { subscriptions: 0 },
      stuckMs: 500,
      readStates: (interest: Interest) =>
        Promise.resolve([{ state: stateOf('id' in interest ? interest.id : ''), offsets: PLACE.offsets }]),
      readLog: () => Promise.reject(new Error('nothing is resumed here')),
      place: () => PLACE,
      epochMs: () => 0,
      onError: (error) => expect.fail(String(error)),
    };
    server = await startServer(
      {
        health: createHealth(() => ({})),
        verifyKey: null,
        readTicket: () => Promise.resolve(null),
        findCallers: () => Promise.resolve([]),
        allowedOrigins: [],
        socketsMax: 1_000,
        socketsPerCallerMax: 1_000,
        random: () => 0,
        onSocket: (socket, request) => onSocket(deps, socket, request),
      },
      { host: '127.0.0.1', port: 0 },
    );
  });
  after(async () => {
    for (const client of clients) client.terminate();
    await server.close(AbortSignal.timeout(1_000));
  });

  async function connect(frame: object): Promise<WebSocket> {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/ws/notifications`);
    clients.push(client);
    await once(client, 'open');
    const answered = once(client, 'message');
    client.send(JSON.stringify(frame));
    await answered;
    return client;
  }

  it('holds up none of 499 others, is closed, and leaves nothing behind', async () => {
    const ids = Array.from(
      { length: OTHERS },
      (_, index) => `00000000-0000-4000-8000-${`${index}`.padStart(12, '0')}`,
    );
    const others = await Promise.all(ids.map((id) => connect({ action: 'subscribe', notification_id: id })));
    const slow = await connect({ action: 'subscribe', all: true });
    slow.pause();
    const closed = once(slow, 'close') as Promise<[number]>;
    const told = others.map((other) => once(other, 'message') as Promise<[Buffer]>);
    for (let index = 0; index < FLOOD.changes; index += 1)
      dispatch(hub, { state: stateOf(`${index % 5}`, index, { reason: FILL }), place: PLACE });
    for (const id of ids) dispatch(hub, { state: stateOf(id, 1), place: PLACE });
    expect(backlog.bytes, 'what waits: the newest of each').to.be.within(5 * FLOOD.bytes, 8 * 1024 * 1024);
    for (const [frame] of await Promise.all(told))
      expect(JSON.parse(frame.toString())).to.include({ version: 1 });
    while (hub.has('all')) await new Promise(setImmediate);
    slow.resume();
    expect((await closed)[0]).to.equal(1013);
    expect(backlog.bytes).to.equal(0);
  });
});
