import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { STATUS_TOPIC, type StatusEvent } from '@fanfare/contracts';
import {
  acceptGroup,
  connectDatabase,
  type Database,
  getBatchSnapshots,
  getNotification,
  getSnapshots,
  migrate,
  project,
  readProgress,
  readStatusLog,
} from '@fanfare/db';
import { accepted as anAccepted, eventOf as firstEventOf } from '@fanfare/db/fixture';
import { connectRedis, type RedisHandle, statusMessage } from '@fanfare/redis';
import { createHealth, createLogger } from '@fanfare/runtime';
import { eventually, freshDatabase, stack } from '@fanfare/testkit';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { writeCursor } from './cursor.ts';
import { type Gateway, type GatewayOptions, openGateway } from './gateway.ts';
import type { StatusUpdate } from './status-update.ts';

/** Not one that the tests of others, on the same Redis, speak of. */
const PARTITION = 1_000_000 + process.pid;
const AT = 1_780_000_000_000;

describe('gateway', () => {
  let db: Database;
  let drop: () => Promise<void>;
  let redisUrl: string;
  let redis: RedisHandle;
  let gateway: Gateway;
  const clients: WebSocket[] = [];
  /** Of the connections to Redis. */
  const name = `gateway-test-${process.pid}`;
  /** Where the last frame ended. */
  let told = 0;
  const log = createLogger({ service: 'test', level: 'error', stream: new PassThrough().resume() });

  before(async () => {
    const database = await freshDatabase();
    await migrate(database.url);
    db = connectDatabase({ url: database.url });
    drop = () => database.drop();
    redisUrl = (await stack()).REDIS_URL;
    redis = connectRedis({ url: redisUrl, name, log });
    gateway = await open({});
    await heardBy(gateway);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.terminate();
  });
  after(async () => {
    await gateway.stop(AbortSignal.timeout(5_000));
    redis.close();
    await db.close();
    await drop();
  });

  it('tells the state first and then every change, once', async () => {
    const [id] = await accepted();
    const client = await connectClient();
    client.subscribe(id);
    expect(stateOf(await client.next())).to.deep.equal({
      notification_id: id,
      batch_id: null,
      channel: 'sms',
      priority: 'high',
      status: 'pending',
      version: 0,
      attempt: 0,
      max_attempts: 5,
      at: (await getNotification(db, id))?.updated_at ?? '',
      provider: null,
      provider_message_id: null,
      reason: null,
      next_retry_at: null,
      correlation_id: 'c-1',
    } satisfies StatusUpdate);
    await happen(eventOf(id, 'queued', 1));
    await happen({
      ...eventOf(id, 'retrying', 13),
      provider: 'http',
      reason: '503',
      next_retry_at: AT + 30_000,
    });
    await store(eventOf(id, 'queued', 1));
    await happen(eventOf(id, 'delivered', 900_007));
    expect(await client.next()).to.include({ status: 'queued', version: 1 });
    expect(stateOf(await client.next())).to.deep.equal({
      notification_id: id,
      batch_id: null,
      channel: 'sms',
      priority: 'high',
      status: 'retrying',
      version: 13,
      attempt: 1,
      max_attempts: 5,
      at: new Date(AT).toISOString(),
      provider: 'http',
      provider_message_id: null,
      reason: '503',
      next_retry_at: new Date(AT + 30_000).toISOString(),
      correlation_id: 'c-1',
    });
    expect(await client.next()).to.include({ status: 'delivered', version: 900_007 });
    expect(client.unread()).to.be.empty;
  });

  it('gives a state and the change that became it the same shape', async () => {
    const [id] = await accepted();
    const [early, late] = [await connectClient(), await connectClient()];
    early.subscribe(id);
    await early.next();
    await happen({ ...eventOf(id, 'failed', 900_006), provider: 'http', reason: 'no such number' });
    late.subscribe(id);
    expect(stateOf(await late.next())).to.deep.equal(stateOf(await early.next()));
  });

  it('loses nothing that changes while the state is read', async () => {
    const [id] = await accepted();
    const slow: Gateway = await open({
      readMany: async (ids) => {
        const states = await getSnapshots(db, ids);
        if (!ids.includes(id)) return states;
        await happen(eventOf(id, 'queued', 1));
        await heardBy(slow);
        return states;
      },
    });
    await heardBy(slow);
    const client = await connectClient(slow);
    client.subscribe(id);
    expect(await client.next()).to.include({ version: 0 });
    expect(await client.next()).to.include({ version: 1 });
    await slow.stop(AbortSignal.timeout(5_000));
  });

  it('reads what it missed when Redis comes back', async () => {
    const ids = await accepted();
    const client = await connectClient();
    for (const id of ids) client.subscribe(id);
    for (const _ of ids) await client.next();
    for (const id of ids.slice(1)) await store(eventOf(id, 'queued', 1));
    await cutListeners();
    const states = [await client.next(), await client.next()];
    expect(states.map(({ notification_id, version }) => [notification_id, version])).to.have.deep.members(
      ids.slice(1).map((id) => [id, 1]),
    );
    await happen(eventOf(ids[0], 'queued', 1));
    expect(await client.next()).to.include({ notification_id: ids[0], version: 1 });
  });

  it('reads what a missing frame told, every change of it', async () => {
    const [id, other] = await accepted();
    const client = await connectClient();
    client.subscribe(id);
    await client.next();
    await store(eventOf(id, 'queued', 1));
    told = 1 + (await store(eventOf(id, 'processing', 12)));
    await happen(eventOf(other, 'queued', 1));
    expect(await client.next()).to.include({ notification_id: id, version: 1 });
    expect(await client.next()).to.include({ notification_id: id, version: 12 });
  });

  it('tells the end to who read an older state after a crash of Postgres that took the end back', async () => {
    const [id] = await accepted();
    const [early, late] = [await connectClient(), await connectClient()];
    early.subscribe(id);
    await happen(eventOf(id, 'queued', 1));
    const end = eventOf(id, 'delivered', 900_007);
    await happen(end);
    await eventually(() => early.unread().some(({ version }) => version === end.version));
    await takeBack(end);
    late.subscribe(id);
    expect(await late.next()).to.include({ status: 'queued', version: 1 });
    await happen(end);
    expect(await late.next()).to.include({ status: 'delivered', version: 900_007 });
    const versions = early.unread().map(({ version }) => version);
    expect(versions).to.deep.equal([...new Set(versions)]);
  });

  it('tells of every member of a batch', async () => {
    const batchId = randomUUID();
    const ids = await accepted(batchId);
    const client = await connectClient();
    client.send({ action: 'subscribe', batch_id: batchId });
    const states = [await client.next(), await client.next(), await client.next()];
    expect(states.map(({ notification_id }) => notification_id)).to.have.members(ids);
    await happen({ ...eventOf(ids[1], 'queued', 1), batch_id: batchId });
    expect(await client.next()).to.include({ notification_id: ids[1], batch_id: batchId, version: 1 });
  });

  it('tells who listens to everything of every change, beginning with a cursor', async () => {
    const [id, other] = await accepted();
    const client = await connectClient();
    client.send({ action: 'subscribe', all: true });
    expect(Object.keys(await client.next())).to.deep.equal(['cursor']);
    await happen(eventOf(id, 'queued', 1));
    await happen(eventOf(other, 'queued', 1));
    expect(await client.next()).to.include({ notification_id: id, version: 1 });
    expect(await client.next()).to.include({ notification_id: other, version: 1 });
  });

  it('goes on from any cursor, by frame or by address, on another process as well', async () => {
    const ids = await accepted();
    const [first, second] = [await connectClient(), await open({})];
    first.send({ action: 'subscribe', all: true });
    const { cursor } = await first.next();
    for (const version of [1, 12]) for (const id of ids) await happen(eventOf(id, 'processing', version));
    const heard = [];
    for (const _ of [...ids, ...ids]) heard.push(await first.next());
    for (const [index, from] of [cursor, ...heard.map((frame) => frame.cursor)].entries()) {
      const byAddress = await connectClient(second, `?cursor=${from}`);
      const byFrame = await connectClient(second);
      byFrame.send({ action: 'resume', cursor: from });
      for (const client of [byAddress, byFrame]) {
        for (const missed of heard.slice(index))
          expect(stateOf(await client.next())).to.deep.equal(stateOf(missed));
        expect(Object.keys(await client.next())).to.deep.equal(['cursor']);
      }
    }
    await second.stop(AbortSignal.timeout(5_000));
  });

  it('goes on with a batch, or one notification, alone, and with what happens then', async () => {
    const batchId = randomUUID();
    const [id, other] = await accepted(batchId);
    const [stranger] = await accepted();
    const client = await connectClient();
    client.send({ action: 'subscribe', batch_id: batchId });
    const states = [await client.next(), await client.next(), await client.next()];
    client.subscribe(id);
    const { cursor } = await client.next();
    client.socket.terminate();
    for (const one of [id, other]) await happen({ ...eventOf(one, 'queued', 1), batch_id: batchId });
    await happen(eventOf(stranger, 'queued', 1));
    const missed: [string | undefined, string[]][] = [
      [states[2]?.cursor, [id, other]],
      [cursor, [id]],
    ];
    const back = [];
    for (const [from, ids] of missed) {
      const one = await connectClient();
      back.push(one);
      one.send({ action: 'resume', cursor: from });
      for (const expected of ids)
        expect(await one.next()).to.include({ notification_id: expected, version: 1 });
      expect(Object.keys(await one.next())).to.deep.equal(['cursor']);
    }
    await happen(eventOf(stranger, 'delivered', 900_017));
    await happen({ ...eventOf(id, 'delivered', 900_017), batch_id: batchId });
    for (const one of back) expect(await one.next()).to.include({ notification_id: id, version: 900_017 });
  });

  it('begins anew where it cannot go on, and says so', async () => {
    const batchId = randomUUID();
    const ids = await accepted(batchId);
    const place = { offsets: new Map([[PARTITION, 1_000_000]]), log: '', at: Date.now() };
    const client = await connectClient();
    client.send({ action: 'resume', cursor: writeCursor({ kind: 'batch_id', id: batchId }, place) });
    expect(await client.next()).to.deep.equal({ resync: true, batch_id: batchId });
    const states = [await client.next(), await client.next(), await client.next()];
    expect(states.map(({ notification_id }) => notification_id)).to.have.members(ids);
    client.send({ action: 'resume', cursor: writeCursor({ kind: 'all' }, place) });
    expect(await client.next()).to.deep.equal({ resync: true, all: true });
    expect(Object.keys(await client.next())).to.deep.equal(['cursor']);
    client.send({ action: 'resume', cursor: 'made up' });
    expect((await client.next()).error).to.include({ type: '/probs/invalid-cursor' });
  });

  it('tells nothing more after an unsubscribe', async () => {
    const [gone, kept] = await accepted();
    const client = await connectClient();
    client.subscribe(gone);
    client.subscribe(kept);
    await client.next();
    await client.next();
    client.send({ action: 'unsubscribe', notification_id: gone });
    client.subscribe(kept);
    await client.next();
    await happen(eventOf(gone, 'queued', 1));
    await happen(eventOf(kept, 'queued', 1));
    expect(await client.next()).to.include({ notification_id: kept, version: 1 });
  });

  it('answers what it cannot do with an error, and goes on', async () => {
    const [id] = await accepted();
    const unknown = randomUUID();
    const client = await connectClient();
    client.sendText('{');
    expect((await client.next()).error).to.include({ type: '/probs/malformed-frame' });
    client.sendText(' '.repeat(65 * 1024));
    expect((await client.next()).error).to.include({ type: '/probs/frame-too-large' });
    client.subscribe(unknown);
    expect((await client.next()).error).to.include({ type: '/probs/not-found', notification_id: unknown });
    client.send({ action: 'subscribe', batch_id: unknown });
    expect((await client.next()).error).to.include({ type: '/probs/not-found', batch_id: unknown });
    client.subscribe(id);
    expect(await client.next()).to.include({ notification_id: id, status: 'pending' });
  });

  it('says so when the state cannot be read, and forgets the subscription', async () => {
    const away = await open({ readMany: () => Promise.reject(new Error('away')) });
    const client = await connectClient(away);
    client.subscribe(randomUUID());
    expect((await client.next()).error).to.include({ type: '/probs/unavailable' });
    expect(away.subscribedIds()).to.equal(0);
    await away.stop(AbortSignal.timeout(5_000));
  });

  it('says goodbye when it stops', async () => {
    const stopping = await open({});
    const client = await connectClient(stopping);
    await stopping.stop(AbortSignal.timeout(5_000));
    expect((await client.next()).reconnect_in_ms).to.be.within(0, 5_000);
    expect(await client.closed).to.equal(1001);
  });

  it('answers for its health on the same port, and opens sockets at its path alone', async () => {
    const base = `http://127.0.0.1:${gateway.port}`;
    expect((await fetch(`${base}/healthz/live`)).status).to.equal(200);
    expect((await fetch(`${base}/api/v1/ws/notifications`)).status).to.equal(426);
    expect((await fetch(`${base}/`)).status).to.equal(404);
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/elsewhere`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).to.contain('404');
  });

  function open(changes: Partial<GatewayOptions>): Promise<Gateway> {
    return openGateway({
      readMany: (ids) => getSnapshots(db, ids),
      readBatch: (id, limit) => getBatchSnapshots(db, id, limit),
      readLog: (page) => readStatusLog(db, STATUS_TOPIC, page),
      verifyKey: null,
      readTicket: () => Promise.resolve(null),
      findCallers: () => Promise.resolve([]),
      allowedOrigins: [],
      socketsMax: 1_000,
      socketsPerCallerMax: 1_000,
      redis,
      health: createHealth(() => ({})),
      log,
      host: '127.0.0.1',
      port: 0,
      onFatal: (error) => {
        throw error;
      },
      ...changes,
    });
  }

  async function connectClient(to: Gateway = gateway, query = '') {
    const socket = new WebSocket(`ws://127.0.0.1:${to.port}/api/v1/ws/notifications${query}`);
    clients.push(socket);
    const unread: Frame[] = [];
    const waiting: ((frame: Frame) => void)[] = [];
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      const resolve = waiting.shift();
      if (resolve === undefined) unread.push(frame);
      else resolve(frame);
    });
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await once(socket, 'open');
    const send = (frame: object): void => socket.send(JSON.stringify(frame));
    return {
      socket,
      closed,
      send,
      sendText: (text: string) => socket.send(text),
      subscribe: (id: string) => send({ action: 'subscribe', notification_id: id }),
      unread: () => unread,
      next: (): Promise<Frame> => {
        const frame = unread.shift();
        return frame === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(frame);
      },
    };
  }

  /** As the projector does it: stored, then told. */
  async function happen(event: StatusEvent): Promise<void> {
    await tell(event, await store(event));
  }

  /** As by a projector that is killed before it tells. Returns the event's offset. */
  async function store(event: StatusEvent): Promise<number> {
    const expected = await readProgress(db, STATUS_TOPIC, PARTITION);
    const move = { partition: PARTITION, expected, next: expected + 1 };
    const logged = { ...event, log_partition: PARTITION, log_offset: expected };
    expect(await project(db, STATUS_TOPIC, [move], [logged])).to.deep.include({ moved: [PARTITION] });
    return expected;
  }

  /** As a crash of Postgres does with the last event, and then the projector, which goes on from where Postgres is. */
  async function takeBack({ notification_id, version }: StatusEvent): Promise<void> {
    const gone = 'DELETE FROM status_events WHERE notification_id = $1 AND version = $2';
    await sql(gone, [notification_id, version]);
    await sql(`UPDATE notifications SET status = 'queued', version = 1 WHERE id = $1`, [notification_id]);
    await sql('UPDATE stream_progress SET next_offset = next_offset - 1 WHERE partition = $1', [PARTITION]);
    told -= 1;
  }

  async function sql(text: string, values: unknown[]): Promise<void> {
    await db.query({ name: '', text }, values);
  }

  async function tell(event: StatusEvent, offset: number): Promise<void> {
    const frame = { partition: PARTITION, since: told, offset, event };
    told = offset + 1;
    expect(await redis.publishFrames([statusMessage(frame)])).to.equal(0);
  }

  /** Resolves when a gateway hears Redis, and has heard whatever was published before. */
  async function heardBy(one: Gateway): Promise<void> {
    const [id] = await accepted();
    const client = await connectClient(one);
    client.subscribe(id);
    await client.next();
    await happen(eventOf(id, 'queued', 1));
    await client.next();
    client.socket.terminate();
  }

  /** Ends the connections on which the gateways listen, as a network does. */
  async function cutListeners(): Promise<void> {
    const list = await redisCommand('CLIENT LIST');
    const ids = Array.from(
      list.matchAll(new RegExp(`^id=(\\d+).* name=${name}-listener `, 'gm')),
      ([, id]) => id,
    );
    expect(ids).to.not.be.empty;
    for (const id of ids) await redisCommand(`CLIENT KILL ID ${id}`);
  }

  async function redisCommand(command: string): Promise<string> {
    const { hostname, port } = new URL(redisUrl);
    const socket = connect(Number(port), hostname);
    socket.write(`${command}\r\nQUIT\r\n`);
    return (await socket.setEncoding('utf8').toArray()).join('');
  }

  async function accepted(batchId: string | null = null): Promise<[string, string, string]> {
    const ids: [string, string, string] = [randomUUID(), randomUUID(), randomUUID()];
    await acceptGroup(db, {
      notifications: ids.map((id) =>
        anAccepted({ priority: 'high' }, { id, batch_id: batchId, correlation_id: 'c-1' }),
      ),
      batch: batchId === null ? null : { id: batchId, size: 3, metadata: null, correlation_id: null },
      outboxId: randomUUID(),
      publishedOutboxIds: [],
    });
    return ids;
  }
});

type Frame = StatusUpdate & {
  cursor: string;
  resync: true;
  reconnect_in_ms: number;
  error: { type: string };
};

function stateOf({ cursor, ...state }: Frame): StatusUpdate {
  expect(cursor).to.be.a('string');
  return state;
}

function eventOf(id: string, status: string, version: number): StatusEvent {
  return firstEventOf(id, status, version, { priority: 'high', attempt: 1, correlation_id: 'c-1' });
}
