import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { STATUS_TOPIC } from '@fanfare/contracts';
import { connectDatabase, type LogPosition, readStatusLog } from '@fanfare/db';
import type { LocalStack } from '@fanfare/infra/local-stack';
import { prepare } from '@fanfare/infra/prepare';
import { startTemporaryStack } from '@fanfare/infra/temporary-stack';
import { eventually, type RunningServices, startServices } from '@fanfare/testkit';
import { expect } from 'chai';
import { below, seededRandom } from '../random.ts';
import { getBatch, getNotification } from './api.ts';
import { connectLive, type LiveClient, type LiveState, versionsOf } from './live-client.ts';
import { recipientFor } from './recipients.ts';

const SEED = 7;
const BATCHES = 20;
const BATCH_SIZE = 100;
const SOCKETS = 20;
/** While most of the journeys are under way. */
const SUBSCRIBED_WITHIN_MS = 4_000;
const DROPPED_WITHIN_MS = 500;
const ENDS = new Set(['delivered', 'failed']);
const UNHURRIED = { intervalMs: 100 };
/** By then every end is told, whatever went away meanwhile. */
const AFTER_FAULT = { timeoutMs: 5_000, intervalMs: 25 };

describe('listening to journeys', function () {
  this.timeout(10 * 60_000);
  const random = seededRandom(SEED);
  const clients: LiveClient[] = [];
  let stack: LocalStack;
  let services: RunningServices;

  before('start a stack of its own, whose Redis can be stopped', async function () {
    this.timeout(5 * 60_000);
    stack = await startTemporaryStack({ onProgress: () => {}, onExit: () => {} });
    await prepare({ ...process.env, ...stack.addresses }, () => {});
    services = await startServices(
      ['simulator', 'gateway', 'ingest', 'delivery', 'retry', 'projector', 'scheduler'],
      {
        RETRY_DELAYS: '500ms,1s',
        INBOUND_RATE_PER_MINUTE: '0',
        OUTBOUND_RATE_PER_CHANNEL: '0',
        CIRCUIT_MAX_FAILURES: '1000000',
      },
      { addresses: stack.addresses },
    );
  });
  after(async () => {
    await services?.stop();
    await stack?.stop();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  it('tells the state, then every change once and in order, whenever a client comes and however often it drops', async () => {
    const narrow = await Promise.all(Array.from({ length: SOCKETS }, connect));
    const [steady, dropping, ofBatch] = [await listenToAll(), await listenToAll(), await connect()];
    const droppings = new AbortController();
    const dropped = dropOften([dropping, ofBatch], droppings.signal);
    const followed = new Map<string, LiveClient>();
    const subscribing: Promise<void>[] = [];
    let firstMembers: string[] = [];
    for (let index = 0; index < BATCHES; index += 1) {
      const { id, members } = await sendBatch();
      if (index === 0) ofBatch.send({ action: 'subscribe', batch_id: id });
      if (index === 0) firstMembers = members;
      for (const member of members) {
        const client = narrow[below(random, SOCKETS)] ?? steady;
        followed.set(member, client);
        subscribing.push(subscribeLater(client, member));
      }
    }
    await Promise.all(subscribing);
    const ids = [...followed.keys()];
    await eventually(() => isEnded(narrow, ids) && isEnded([ofBatch], firstMembers), UNHURRIED);
    await eventually(() => isEnded([steady], ids) && isEnded([dropping], ids), UNHURRIED);
    droppings.abort();
    expect(await dropped, 'drops').to.be.above(4);

    const log = await readLog();
    for (const client of [steady, dropping]) expectWhole(client, ids, log);
    const heard = new Map([...narrow, ofBatch].map((client) => [client, versionsOf(client.states)]));
    for (const [id, client] of followed) expectFromStateOn(heard.get(client)?.get(id), log.get(id));
    for (const id of firstMembers) expectFromStateOn(heard.get(ofBatch)?.get(id), log.get(id));
    for (const client of clients) expect(client.resyncs()).to.equal(0);
  });

  it('tells of every end, and of all between, over a Redis that is stopped, away and emptied', async () => {
    const client = await listenToAll();
    const ids = (await sendBatch()).members;
    await stack.processes.redis.stop();
    ids.push(...(await sendBatch()).members);
    await ended(ids);
    await eventually(() => isEnded([client], ids), AFTER_FAULT);
    expect((await fetch(`${services.urls.gateway}/healthz/ready`)).status, 'ready without Redis').to.equal(
      200,
    );
    await stack.processes.redis.restart();
    ids.push(...(await sendBatch()).members);
    await flush(stack.addresses.REDIS_URL);
    ids.push(...(await sendBatch()).members);
    await ended(ids);
    await eventually(() => isEnded([client], ids), AFTER_FAULT);
    expectWhole(client, ids, await readLog());
  });

  it('tells of every end, and of all between, when projectors are killed wherever they are', async () => {
    const client = await listenToAll();
    const ids: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      ids.push(...(await sendBatch()).members);
      await killWhileBusy(client);
      await services.addReplica('projector');
    }
    await ended(ids);
    await eventually(() => isEnded([client], ids), AFTER_FAULT);
    expectWhole(client, ids, await readLog());
  });

  async function killWhileBusy(client: LiveClient): Promise<void> {
    const projector = services.processes.findLast(({ name }) => name === 'projector');
    const heard = client.states.length;
    await eventually(() => client.states.length > heard, UNHURRIED);
    projector?.kill('SIGKILL');
    await projector?.exited;
  }

  /** As REST shows it. */
  async function ended(ids: readonly string[]): Promise<void> {
    for (const id of ids)
      await eventually(
        async () => ENDS.has((await getNotification(services.urls.ingest, id)).status),
        UNHURRIED,
      );
  }

  async function listenToAll(): Promise<LiveClient> {
    const client = await connect();
    client.send({ action: 'subscribe', all: true });
    await eventually(() => client.hasCursor());
    return client;
  }

  async function connect(): Promise<LiveClient> {
    const client = await connectLive(services.urls.ingest);
    clients.push(client);
    return client;
  }

  async function sendBatch(): Promise<{ id: string; members: string[] }> {
    const notifications = Array.from({ length: BATCH_SIZE }, (_, index) => ({
      channel: 'sms',
      recipient: recipientFor('sms', index),
      content: `yolculuk ${['[fail:1]', '[reject]'][index % 10] ?? ''}`.trim(),
    }));
    const response = await fetch(`${services.urls.ingest}/api/v1/notifications/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ notifications }),
    });
    const { id } = (await response.json()) as { id: string };
    const batch = await getBatch(services.urls.ingest, id);
    return { id, members: batch.notifications.map((member) => member.id) };
  }

  async function subscribeLater(client: LiveClient, id: string): Promise<void> {
    await sleep(random() * SUBSCRIBED_WITHIN_MS);
    client.send({ action: 'subscribe', notification_id: id });
  }

  async function dropOften(candidates: LiveClient[], signal: AbortSignal): Promise<number> {
    let drops = 0;
    while (!signal.aborted) {
      await sleep(random() * DROPPED_WITHIN_MS);
      const client = candidates[below(random, candidates.length)];
      if (client?.hasCursor() !== true) continue;
      await client.drop();
      drops += 1;
    }
    return drops;
  }

  /** What the trace has of each notification, without what came after a newer state. */
  async function readLog(): Promise<Map<string, number[]>> {
    const db = connectDatabase({ url: stack.addresses.DATABASE_URL });
    const states: LiveState[] = [];
    let after: LogPosition = new Map();
    for (let isEnd = false; !isEnd;) {
      const page = await readStatusLog(db, STATUS_TOPIC, { scope: { kind: 'all' }, after, limit: 1_000 });
      states.push(...page.states);
      [after, isEnd] = [page.position, page.isEnd];
    }
    await db.close();
    return versionsOf(states);
  }
});

function isEnded(clients: readonly LiveClient[], ids: readonly string[]): boolean {
  const states = clients.flatMap((client) => client.states);
  const ends = new Set(states.filter(({ status }) => ENDS.has(status)).map((state) => state.notification_id));
  return ids.every((id) => ends.has(id));
}

function expectWhole(client: LiveClient, ids: readonly string[], log: Map<string, number[]>): void {
  const heard = versionsOf(client.states);
  for (const id of ids) expect(heard.get(id), `versions of ${id}`).to.deep.equal(log.get(id));
  expect(client.resyncs(), 'resyncs').to.equal(0);
}

/** A state, which may be that before the first event, and every later version. */
function expectFromStateOn(heard: readonly number[] = [], log: readonly number[] = []): void {
  const [state = -1] = heard;
  expect([0, ...log], 'the state that came first').to.include(state);
  expect(heard.slice(1), `what came after ${state} of ${log.join(', ')}`).to.deep.equal(
    log.filter((version) => version > state),
  );
}

async function flush(redisUrl: string): Promise<void> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connectTcp(Number(port), hostname);
  socket.end('FLUSHALL\r\nQUIT\r\n');
  expect((await socket.setEncoding('utf8').toArray()).join('')).to.include('OK');
}
