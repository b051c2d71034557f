import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, METHODS } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { histogram } from '@fanfare/runtime';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { admitCallers, type CallerDeps, trustedOf } from './callers.ts';
import { connectionLimits, limitConnections, refuseEncoded } from './connection-limits.ts';
import { allowOrigins } from './cors.ts';
import { guardKeys } from './guarded-keys.ts';
import type { GuardDeps } from './idempotency.ts';
import { acceptJsonOnly } from './json-body.ts';
import { problem, type ProblemError } from './problem.ts';
import { problemWriter } from './problem-writer.ts';
import { addRoutes, type RouteDeps } from './routes.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export type ServerDeps = CallerDeps &
  GuardDeps &
  RouteDeps & {
    /** How long a request may take to arrive. */
    requestTimeoutMs: number;
    /** Of the web sites whose pages may call; none is the rule. */
    allowedOrigins: readonly string[];
    /** How long idle connections are kept once nobody listens any more. */
    drain: () => Promise<void>;
    onBug: (error: unknown) => void;
  };

const CORRELATION_ID = /^[\x21-\x7e]{1,128}$/;

const duration = histogram({
  name: 'fanfare_http_request_duration_seconds',
  help: 'Time from a request to its answer',
  labels: ['method', 'route', 'status'],
});
/** Looking a label set up costs more than the observation itself; there are few of them. */
const durations = new Map<string, ReturnType<typeof duration.labels>>();

/** The REST API: every route, and what is common to them all. */
export function createServer(deps: ServerDeps): FastifyInstance {
  const answerError = problemWriter(deps.onBug);
  const app = fastify({
    ...connectionLimits(deps.requestTimeoutMs),
    genReqId: correlationIdOf,
    trustProxy: trustedOf(deps),
    forceCloseConnections: 'idle',
    // What still comes over a connection that was in use is answered like any other, and the connection then closed.
    return503OnClosing: false,
    frameworkErrors: answerError,
  });
  // A method that nobody has heard of is refused like any other.
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  limitConnections(app);
  acceptJsonOnly(app);
  app.setErrorHandler(answerError);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-correlation-id', request.id);
    reply.headers(SECURITY_HEADERS);
    // Before the body is looked at: there is nobody whom it could be for.
    done(request.is404 ? nothingAt(request.url) : undefined);
  });
  app.addHook('onResponse', (request, reply, done) => {
    observeDuration(request, reply);
    done();
  });
  app.addHook('preClose', () => drainConnections(app, deps.drain));
  app.addHook('onRequest', refuseEncoded);
  allowOrigins(app, deps.allowedOrigins);
  admitCallers(app, deps);
  guardKeys(app, deps);
  addRoutes(app, deps);
  return app;
}

/**
 * Whoever comes anew is refused and asks elsewhere; whoever is connected hears with the next answer that it was the last.
 * Otherwise requests would cross the end of their connections, and nobody could know what became of them. Until the last
 * connection is closed the limits of {@link connectionLimits} hold, so that none is kept open for nothing.
 */
async function drainConnections({ server }: FastifyInstance, drain: ServerDeps['drain']): Promise<void> {
  const closed = once(server, 'close').then(() => true);
  // `server.close` itself would end idle connections at once, and the limits with them.
  TcpServer.prototype.close.call(server);
  while (!(await Promise.race([closed, drain().then(() => false)]))) server.closeIdleConnections();
}

function nothingAt(url: string): ProblemError {
  return problem('not-found', { detail: `there is nothing at ${url.slice(0, 200)}` });
}

function observeDuration(
  { method, routeOptions }: FastifyRequest,
  { statusCode, elapsedTime }: FastifyReply,
): void {
  const route = routeOptions.url ?? 'none';
  const key = `${method} ${route} ${statusCode}`;
  const known = durations.get(key) ?? duration.labels({ method, route, status: statusCode });
  durations.set(key, known);
  known.observe(elapsedTime / 1_000);
}

/** One made here grows with time, like ids, which keeps the new entries of its index together. */
function correlationIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-correlation-id'];
  return typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUIDv7();
}
