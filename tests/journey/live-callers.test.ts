import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connectDatabase, createApiKey, type Database, revokeApiKey } from '@fanfare/db';
import { stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { useSystem } from './system.ts';

const PATH = '/api/v1/ws/notifications';

describe('who may listen, on the port of REST, with AUTH_MODE=api-key', () => {
  const system = useSystem();
  const sockets: WebSocket[] = [];
  let [apiUrl, reader, sender] = ['', '', ''];
  let db: Database;

  before('start ingest and gateway for callers with keys', async () => {
    const gateway = await system().addReplica('gateway', { AUTH_MODE: 'api-key' });
    const settings = { AUTH_MODE: 'api-key', GATEWAY_PORT: String(gateway.port) };
    const ingest = await system().addReplica('ingest', settings);
    apiUrl = ingest.url;
    db = connectDatabase({ url: (await stack()).DATABASE_URL });
    reader = (await createApiKey(db, { name: 'reader', scopes: ['read'] })).text;
    sender = (await createApiKey(db, { name: 'sender', scopes: ['send'] })).text;
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate();
  });
  after(() => db.close());

  /** The first frame of a client that listens to everything, or the status that it is refused with. */
  async function listen(query = '', headers: Record<string, string> = {}): Promise<unknown> {
    const socket = new WebSocket(new URL(`${PATH}${query}`, apiUrl.replace('http', 'ws')), { headers });
    sockets.push(socket);
    socket.on('error', () => {});
    const refused = once(socket, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
    const opened = once(socket, 'open').then(() => null);
    const response = await Promise.race([opened, refused.then(([, answer]) => answer)]);
    if (response !== null) return response.statusCode;
    socket.send(JSON.stringify({ action: 'subscribe', all: true }));
    const [frame] = (await once(socket, 'message')) as [Buffer];
    return JSON.parse(frame.toString());
  }

  async function ticketFor(key: string): Promise<{ status: number; ticket: string }> {
    const response = await fetch(`${apiUrl}/api/v1/ws/tickets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
    });
    const { ticket = '' } = (await response.json()) as { ticket?: string };
    return { status: response.status, ticket };
  }

  it('a program with a key that may read', async () => {
    expect(await listen('', { authorization: `Bearer ${reader}` })).to.have.property('cursor');
  });

  it('a page, with a ticket that such a key was given', async () => {
    const { status, ticket } = await ticketFor(reader);
    expect(status).to.equal(201);
    expect(await listen(`?ticket=${ticket}`, { origin: apiUrl })).to.have.property('cursor');
  });

  it('nobody whose key was revoked meanwhile', async () => {
    const { id, text } = await createApiKey(db, { name: 'guest', scopes: ['read'] });
    const { ticket } = await ticketFor(text);
    await listen('', { authorization: `Bearer ${text}` });
    await listen(`?ticket=${ticket}`);
    const closed = sockets.map((socket) => once(socket, 'close') as Promise<[number]>);
    await revokeApiKey(db, id);
    expect((await Promise.all(closed)).flatMap(([code]) => code)).to.deep.equal([1008, 1008]);
  });

  it('nobody else', async () => {
    expect(await listen()).to.equal(401);
    expect(await listen('?ticket=made-up')).to.equal(401);
    expect(await listen('', { authorization: `Bearer ${sender}` })).to.equal(403);
    expect((await ticketFor(sender)).status).to.equal(403);
    expect(await listen(`?api_key=${reader}`)).to.equal(400);
    const { ticket } = await ticketFor(reader);
    expect(await listen(`?ticket=${ticket}`, { origin: 'https://evil.example' })).to.equal(403);
  });
});
