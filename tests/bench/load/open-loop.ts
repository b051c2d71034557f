import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, Priority } from '@fanfare/contracts';
import { type Body, generateBodies, toChannel } from '../bodies.ts';
import { onInput } from './child.ts';
import { epochOffsetMs } from './epoch.ts';
import { type HttpConnection, openConnection, requestBytes } from './http-connection.ts';
import { type Heard, type Listeners, openListeners } from './listeners.ts';

/** Requests at a fixed rate, evenly spaced, whether or not earlier ones have been answered. */
export type OpenLoop = {
  port: number;
  /** Notifications to our REST API (or the bare handler), or messages straight to a provider. */
  to: 'api' | 'provider';
  /** Of the notifications; sms where it is left out. */
  channel?: Channel;
  /** Of all of them; as they come where it is left out. */
  priority?: Priority;
  perSecond: number;
  /** Before the seconds that count: connections are opened and code is compiled. */
  warmUpSeconds: number;
  seconds: number;
  /** Clients of the gateway that take turns: each notification has one that listens to it from its 202 on. */
  listen?: { port: number; sockets: number };
};

export type OpenLoopResult = {
  /** Every request that was due, answered 202. */
  sent: Sent[];
  /** Other answers by status, `failed` for none, `held back` for those that found too many under way. */
  refused: Record<string, number>;
  /** What the clients were told until all had come to an end, or had time for it. */
  heard: Heard[];
};

type Sent = {
  id: string;
  isWarmUp: boolean;
  /** When it was due, in milliseconds since 1970. */
  dueAt: number;
  /**
   * From when it was due, not from when it was sent: a request that had to wait for a stalled system or for this
   * process counts with its wait (no coordinated omission).
   */
  latencyMs: number;
};

/** Far more than an open loop has under way unless the system stalls for seconds. */
const UNDER_WAY_MAX = 2_000;
const END_TIMEOUT_MS = 10_000;

onInput(async (loop: OpenLoop): Promise<OpenLoopResult> => {
  const requests = loop.to === 'api' ? apiRequests(loop) : providerRequests();
  const result: OpenLoopResult = { sent: [], refused: {}, heard: [] };
  const listeners =
    loop.listen === undefined ? null : await openListeners(loop.listen.port, loop.listen.sockets);
  const pool = createPool(loop.port);
  const epoch = epochOffsetMs();
  const warmUpCount = Math.round(loop.perSecond * loop.warmUpSeconds);
  const count = warmUpCount + Math.round(loop.perSecond * loop.seconds);
  const startedAt = performance.now();
  const underWay = new Set<Promise<void>>();
  for (let index = 0; index < count; index += 1) {
    const dueAt = startedAt + (index * 1_000) / loop.perSecond;
    const isWarmUp = index < warmUpCount;
    if (dueAt > performance.now()) await sleep(dueAt - performance.now());
    if (underWay.size >= UNDER_WAY_MAX) tally(result, 'held back');
    else
      track(underWay, sendOne({ pool, listeners, result }, { ...requests(index), dueAt, epoch, isWarmUp }));
  }
  await Promise.all(underWay);
  const heard = (await listeners?.heard(result.sent.length, END_TIMEOUT_MS)) ?? [];
  return { ...result, heard };
});

type Request = { bytes: Buffer; idOf: (answer: Buffer) => string };
type Due = Request & { dueAt: number; epoch: number; isWarmUp: boolean };

function apiRequests({ channel = 'sms', priority }: OpenLoop): (index: number) => Request {
  const bodies = generateBodies(2, 1_024).map((body) => ({
    ...toChannel(channel, body),
    ...(priority === undefined ? {} : { priority }),
  }));
  return (index) => ({
    bytes: requestBytes('/api/v1/notifications', JSON.stringify(at(bodies, index))),
    idOf: createdId,
  });
}

function createdId(answer: Buffer): string {
  return (JSON.parse(answer.toString()) as { id: string }).id;
}

function providerRequests(): (index: number) => Request {
  const bodies = generateBodies(3, 1_024);
  return (index) => {
    const { recipient, channel, content } = at(bodies, index);
    const id = randomUUID();
    const body = JSON.stringify({ to: recipient, channel, content });
    return { bytes: requestBytes('/', body, `idempotency-key: ${id}:0\r\n`), idOf: () => id };
  };
}

function at(bodies: readonly Body[], index: number): Body {
  const body = bodies[index % bodies.length];
  if (body === undefined) throw new Error('there are no bodies');
  return body;
}

type Sending = { pool: Pool; listeners: Listeners | null; result: OpenLoopResult };

async function sendOne(
  { pool, listeners, result }: Sending,
  { bytes, idOf, dueAt, epoch, isWarmUp }: Due,
): Promise<void> {
  try {
    const connection = await pool.take();
    const { status, body } = await connection.send(bytes);
    const latencyMs = performance.now() - dueAt;
    pool.giveBack(connection);
    if (status !== 202) return tally(result, String(status));
    const id = idOf(body);
    listeners?.subscribe(result.sent.length, id);
    result.sent.push({ id, isWarmUp, dueAt: epoch + dueAt, latencyMs });
  } catch {
    tally(result, 'failed');
  }
}

function tally({ refused }: OpenLoopResult, what: string): void {
  refused[what] = (refused[what] ?? 0) + 1;
}

function track(underWay: Set<Promise<void>>, sending: Promise<void>): void {
  underWay.add(sending);
  void sending.finally(() => underWay.delete(sending));
}

type Pool = { take: () => Promise<HttpConnection>; giveBack: (connection: HttpConnection) => void };

/** As many connections as are under way at once; the last used is used first, the others rest. */
function createPool(port: number): Pool {
  const resting: { connection: HttpConnection; since: number }[] = [];
  return {
    take: async () => {
      for (let last = resting.pop(); last !== undefined; last = resting.pop()) {
        if (last.connection.isOpen() && performance.now() - last.since < REST_MAX_MS) return last.connection;
        last.connection.close();
      }
      return openConnection(port);
    },
    giveBack: (connection) => void resting.push({ connection, since: performance.now() }),
  };
}

/** Node's servers close a connection that rested for 5 s; one about to be closed must not be chosen. */
const REST_MAX_MS = 4_000;
