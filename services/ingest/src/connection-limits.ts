import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { asksForWebSocket } from './on-upgrade.ts';
import { problem, type ProblemName } from './problem.ts';

/** Enough for every header a proxy adds; Node's own limit, said here because clients meet it. */
const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
/** How much later than its time a connection may be ended. */
const CHECK_EVERY_MS = 1_000;
/** Longer than the 60 s of the usual load balancer, so that it is not the server who hangs up on a request. */
const KEEP_ALIVE_MS = 65_000;
/** Those of WebSockets are among them. */
const CONNECTIONS_MAX = 20_000;

/**
 * What a connection may take, so that nobody holds one for nothing: a client that sends a byte a second, or a header
 * without end, is answered and cut off.
 *
 * @param requestTimeoutMs until a request is here, from its first byte to the last of its body
 */
export function connectionLimits(requestTimeoutMs: number) {
  return {
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    clientErrorHandler: refuseConnection,
    http: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, requestTimeoutMs),
      shouldUpgradeCallback: asksForWebSocket,
    },
  };
}

/** More connections than this are closed at once. */
export function limitConnections({ server }: FastifyInstance): void {
  server.maxConnections = CONNECTIONS_MAX;
}

/** Bodies come as they are: what is small in transit and large in memory is not unpacked here. */
export function refuseEncoded(request: FastifyRequest, _: FastifyReply, done: (error?: Error) => void): void {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return done();
  const headers = { 'accept-encoding': 'identity' };
  done(problem('unsupported-media-type', { detail: 'the body must not be encoded', headers }));
}

const REFUSALS: Record<string, ProblemName> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
};

/** What is no HTTP has come to no route, so it is answered here, byte for byte. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const { problem: body } = problem(REFUSALS[error.code ?? ''] ?? 'malformed-request');
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${body.status} ${STATUS_CODES[body.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
  // Whatever still comes is not read; a client that does not hang up is.
  socket.destroySoon();
}
