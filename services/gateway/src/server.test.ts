import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Caller } from '@fanfare/domain';
import { createHealth } from '@fanfare/runtime';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { type GatewayServer, type GatewayServerDeps, startServer } from './server.ts';

const ID = 'a'.repeat(16);
const bearer = { authorization: `Bearer fanfare_${ID}_${'0'.repeat(64)}` };

describe('the server of sockets', () => {
  const servers: GatewayServer[] = [];
  const clients: WebSocket[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await Promise.all(servers.splice(0).map((server) => server.close(AbortSignal.timeout(2_000))));
  });

  async function start(change: Partial<GatewayServerDeps> = {}): Promise<string> {
    const deps: GatewayServerDeps = {
      health: createHealth(() => ({})),
      onSocket: () => undefined,
      verifyKey: null,
      readTicket: () => Promise.resolve(null),
      findCallers: () => Promise.resolve([]),
      allowedOrigins: [],
      socketsMax: 10,
      socketsPerCallerMax: 10,
      random: () => 0.5,
      ...change,
    };
    const server = await startServer(deps, { host: '127.0.0.1', port: 0 });
    servers.push(server);
    return `ws://127.0.0.1:${server.port}/api/v1/ws/notifications`;
  }

  /** Resolves with 101 when the socket is open, else with the status and body of the answer. */
  async function open(url: string, headers: Record<string, string> = {}): Promise<[number, string]> {
    const socket = new WebSocket(url, { headers });
    clients.push(socket);
    socket.on('error', () => undefined);
    const refused = once(socket, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
    const opened = once(socket, 'open').then(() => null);
    const response = await Promise.race([opened, refused.then(([, answer]) => answer)]);
    if (response === null) return [101, ''];
    return [response.statusCode ?? 0, (await response.setEncoding('utf8').toArray()).join('')];
  }

  it('opens a socket, with what the address asks for', async () => {
    const cursors: (string | null)[] = [];
    const url = await start({ onSocket: (_, { cursor }) => cursors.push(cursor) });
    expect(await open(url)).to.deep.equal([101, '']);
    expect(await open(`${url}?cursor=abc`)).to.deep.equal([101, '']);
    expect(cursors).to.deep.equal([null, 'abc']);
  });

  it('tells whom it refuses why, as a problem, and lets nobody in by the way', async () => {
    const url = await start({ verifyKey: () => 'wrong' });
    const [status, body] = await open(url, bearer);
    expect(status).to.equal(401);
    expect(JSON.parse(body)).to.deep.include({ type: '/probs/unauthorized', status: 401 });
    expect((await open(`${url}?api_key=x`))[0]).to.equal(400);
    expect((await open(url, { origin: 'https://evil.example' }))[0]).to.equal(403);
    expect((await open(url.replace('notifications', 'elsewhere')))[0]).to.equal(404);
    expect(servers[0]?.clients()).to.equal(0);
  });

  it('opens as many sockets as a process, or a key, may have, and another when one has gone', async () => {
    const url = await start({
      verifyKey: ({ id }) => ({ id, scopes: ['read'] }),
      socketsMax: 3,
      socketsPerCallerMax: 2,
    });
    const other = { authorization: bearer.authorization.replace(ID, 'b'.repeat(16)) };
    const third = { authorization: bearer.authorization.replace(ID, 'c'.repeat(16)) };
    for (const headers of [bearer, bearer]) expect((await open(url, headers))[0]).to.equal(101);
    expect((await open(url, bearer))[0]).to.equal(429);
    expect((await open(url, other))[0]).to.equal(101);
    expect((await open(url, third))[0]).to.equal(503);
    const [first] = clients;
    first?.close();
    if (first !== undefined) await once(first, 'close');
    expect((await open(url, bearer))[0]).to.equal(101);
  });

  it('closes the sockets of a key that was revoked, soon, and no others', async () => {
    const answers: ((string | null)[] | null)[] = [null, [ID, 'b'.repeat(16)], [ID, null]];
    const url = await start({
      verifyKey: ({ id }) => ({ id, scopes: ['read'] }),
      expelEveryMs: 20,
      findCallers: (ids) => {
        const [answer] = answers.length > 1 ? answers.splice(0, 1) : answers;
        if (answer === null || answer === undefined) return Promise.reject(new Error('away'));
        const callers = ids.map((id) => answer.find((known) => known === id) ?? null);
        return Promise.resolve(callers.map((id) => (id === null ? null : { id, scopes: ['read'] as const })));
      },
    });
    await open(url, bearer);
    await open(url, { authorization: bearer.authorization.replace(ID, 'b'.repeat(16)) });
    const [kept, revoked] = clients;
    if (revoked === undefined) throw new Error('there is no client');
    const [code] = (await once(revoked, 'close')) as [number];
    expect(code).to.equal(1008);
    expect(kept?.readyState).to.equal(WebSocket.OPEN);
  });

  it('counts nobody who has no key of his own', async () => {
    const url = await start({ socketsPerCallerMax: 1 });
    for (const _ of [1, 2, 3]) expect((await open(url))[0]).to.equal(101);
  });

  it('survives a client that goes while it is looked up', async () => {
    const asked = Promise.withResolvers<void>();
    const verdict = Promise.withResolvers<'wrong'>();
    const url = await start({
      verifyKey: () => {
        asked.resolve();
        return verdict.promise;
      },
    });
    const socket = new WebSocket(url, { headers: bearer });
    socket.on('error', () => undefined);
    await asked.promise;
    socket.terminate();
    verdict.resolve('wrong');
    expect((await open(url, { origin: 'https://evil.example' }))[0]).to.equal(403);
  });

  it('lets nobody in any more who is looked up while it goes', async () => {
    const asked = Promise.withResolvers<void>();
    const verdict = Promise.withResolvers<Caller>();
    const url = await start({
      verifyKey: () => {
        asked.resolve();
        return verdict.promise;
      },
    });
    const opening = open(url, bearer);
    await asked.promise;
    await servers.splice(0)[0]?.close(AbortSignal.timeout(2_000));
    verdict.resolve({ id: ID, scopes: ['read'] });
    expect((await opening)[0]).to.equal(503);
  });

  it('says when to come back before it goes', async () => {
    const url = await start();
    await open(url);
    const [client] = clients;
    if (client === undefined) throw new Error('there is no client');
    const goodbye = once(client, 'message') as Promise<[Buffer]>;
    const closed = once(client, 'close') as Promise<[number]>;
    await servers.splice(0)[0]?.close(AbortSignal.timeout(2_000));
    const [frame] = await goodbye;
    expect(JSON.parse(frame.toString())).to.deep.equal({ reconnect_in_ms: 2_500 });
    expect((await closed)[0]).to.equal(1001);
  });
});
