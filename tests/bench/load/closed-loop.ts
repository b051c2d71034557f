import { randomUUID } from 'node:crypto';
import { generateBodies } from '../bodies.ts';
import { summarise, type Summary } from '../measure/statistics.ts';
import { onInput } from './child.ts';
import { type HttpConnection, openConnection, requestBytes } from './http-connection.ts';

/** So many connections, each sending its next request when it has the answer to the last. */
export type ClosedLoop = {
  port: number;
  connections: number;
  /** Notifications in one request; 1 goes to the single route, more to the batch. */
  size: number;
  /** Each request has an idempotency key of its own. */
  keyed?: boolean;
  warmUpMs: number;
  measureMs: number;
  /** Whatever the time, no more than this. */
  requestsMax: number;
};

export type ClosedLoopResult = {
  /** Answers 202 a second, each request of them counted whole. */
  perSecond: number;
  accepted: number;
  /** Of the warm-up as well: what the CPU of the whole loop has to be divided by. */
  acceptedInAll: number;
  /** Other answers, by status. */
  refused: Record<string, number>;
  latencyMs: Summary;
  /** CPU that this load itself took for a request. */
  cpuMicros: number;
};

onInput(async (loop: ClosedLoop): Promise<ClosedLoopResult> => {
  const requests = buildRequests(loop.size, loop.keyed === true);
  const connections = await Promise.all(
    Array.from({ length: loop.connections }, () => openConnection(loop.port)),
  );
  const warmUp = await runPhase(connections, requests, loop.warmUpMs, loop.requestsMax);
  const measured = await runPhase(connections, requests, loop.measureMs, loop.requestsMax);
  return { ...measured, acceptedInAll: warmUp.accepted + measured.accepted };
});

/** Enough different ones that nothing downstream sees the same texts all the time: 1 024, or 8 batches. */
function buildRequests(size: number, keyed: boolean): Request[] {
  if (size === 1)
    return generateBodies(1, 1_024).map((body) =>
      buildRequest('/api/v1/notifications', JSON.stringify(body), keyed),
    );
  return Array.from({ length: 8 }, (_, seed) =>
    buildRequest(
      '/api/v1/notifications/batch',
      JSON.stringify({ notifications: generateBodies(seed, size) }),
      keyed,
    ),
  );
}

/** A whole request, and where in it a new key is written each time it is sent. */
type Request = { bytes: Buffer; keyAt: number | null };
const KEY_HEADER = 'idempotency-key: ';

function buildRequest(path: string, body: string, keyed: boolean): Request {
  if (!keyed) return { bytes: requestBytes(path, body), keyAt: null };
  const bytes = requestBytes(path, body, `${KEY_HEADER}${randomUUID()}\r\n`);
  return { bytes, keyAt: bytes.indexOf(KEY_HEADER) + KEY_HEADER.length };
}

/** Ends with the answer to the last request, so that every request counts with all of its time. */
async function runPhase(
  connections: readonly HttpConnection[],
  requests: readonly Request[],
  lengthMs: number,
  requestsMax: number,
): Promise<Phase> {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const tally: Tally = { sent: 0, latencies: [], refused: {} };
  const isOver = (): boolean => tally.sent >= requestsMax || performance.now() - startedAt >= lengthMs;
  await Promise.all(connections.map((connection) => keepSending(connection, requests, tally, isOver)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  const accepted = tally.latencies.length;
  return {
    accepted,
    perSecond: accepted / seconds,
    refused: tally.refused,
    latencyMs: summarise(tally.latencies),
    cpuMicros: (cpu.user + cpu.system) / accepted,
  };
}

type Phase = Omit<ClosedLoopResult, 'acceptedInAll'>;
type Tally = { sent: number; latencies: number[]; refused: Record<string, number> };

async function keepSending(
  connection: HttpConnection,
  requests: readonly Request[],
  tally: Tally,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const request = requests[tally.sent % requests.length];
    if (request === undefined) return;
    tally.sent += 1;
    const sentAt = performance.now();
    if (request.keyAt !== null) request.bytes.write(randomUUID(), request.keyAt, 'latin1');
    const { status } = await connection.send(request.bytes);
    if (status === 202) tally.latencies.push(performance.now() - sentAt);
    else tally.refused[status] = (tally.refused[status] ?? 0) + 1;
  }
}
