import { randomUUIDv7 } from 'node:crypto';
import { type IncomingMessage, METHODS } from 'node:http';
import { check } from '@fanfare/contracts';
import type { IdempotencyKey } from '@fanfare/db';
import { isRecord } from '@fanfare/domain';
import { extractContext, type Health, histogram, traceparentOf } from '@fanfare/runtime';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { admitCallers, type CallerDeps, callerIdOf, trustedOf } from './callers.ts';
import { connectionLimits, limitConnections, refuseEncoded } from './connection-limits.ts';
import { allowOrigins } from './cors.ts';
import { DOCS_PAGE } from './docs-page.ts';
import { type BatchCancelDeps, onCancelBatch } from './on-batch-cancel.ts';
import { type CancelDeps, onCancel } from './on-cancel.ts';
import { type Answer, guard, type GuardDeps, readKey, type Repeat } from './idempotency.ts';
import { type CreateDeps, onCreate, onCreateBatch, type RequestContext } from './on-create.ts';
import {
  type DeadLetterDeps,
  onDeleteDeadLetter,
  onListDeadLetters,
  onPurge,
  onReadDeadLetter,
  onRedrive,
  onRedriveOne,
} from './on-dead-letters.ts';
import { acceptJsonOnly } from './json-body.ts';
import { type LaneDeps, type LanePath, onListLanes, onPauseLanes, onResumeLanes } from './on-lanes.ts';
import {
  onChangeTemplate,
  onCreateTemplate,
  onDeleteTemplate,
  onListTemplates,
  onReadTemplate,
  type TemplateDeps,
} from './on-templates.ts';
import { type ListDeps, onList } from './on-list.ts';
import { type MetricsDeps, onMetrics } from './on-metrics.ts';
import { onRead, onReadBatch, onReadTrace, type ReadDeps } from './on-read.ts';
import { onReschedule, type RescheduleDeps } from './on-reschedule.ts';
import { onCreateTicket, type TicketDeps } from './on-ticket.ts';
import { notFound, problem, type ProblemError } from './problem.ts';
import { problemWriter } from './problem-writer.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export type ServerDeps = CallerDeps &
  CreateDeps &
  GuardDeps &
  ReadDeps &
  CancelDeps &
  ListDeps &
  BatchCancelDeps &
  RescheduleDeps &
  MetricsDeps &
  DeadLetterDeps &
  LaneDeps &
  TicketDeps &
  TemplateDeps & {
    health: Health;
    /** How long a request may take to arrive. */
    requestTimeoutMs: number;
    /** Of the web sites whose pages may call; none is the rule. */
    allowedOrigins: readonly string[];
    /** The text of schemas/openapi.yaml. */
    openapi: string;
    onBug: (error: unknown) => void;
  };

const BODY_BYTES_MAX = 1024 * 1024;
const BATCH_BYTES_MAX = 16 * 1024 * 1024;
const CORRELATION_ID = /^[\x21-\x7e]{1,128}$/;

/** Here the key is stored with what is made under it; everywhere else before anything is done. */
const MAKERS = new Set([
  '/api/v1/notifications',
  '/api/v1/notifications/batch',
  '/api/v1/templates',
  '/api/v1/templates/:id',
]);
const CHANGING = new Set(['POST', 'PUT', 'PATCH']);

declare module 'fastify' {
  interface FastifyRequest {
    /** Of its idempotency key, unless there is none or the route makes something. */
    repeat: Repeat | null;
  }
}

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
    bodyLimit: BODY_BYTES_MAX,
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
  app.addHook('onRequest', refuseEncoded);
  allowOrigins(app, deps.allowedOrigins);
  admitCallers(app, deps);
  guardKeys(app, deps);
  addRoutes(app, deps);
  return app;
}

function nothingAt(url: string): ProblemError {
  return problem('not-found', { detail: `there is nothing at ${url.slice(0, 200)}` });
}

/** Every route that changes something heeds the idempotency key of a request. */
function guardKeys(app: FastifyInstance, deps: GuardDeps): void {
  app.decorateRequest('repeat', null);
  app.addHook('onRoute', (route) => {
    if (typeof route.method !== 'string' || !CHANGING.has(route.method) || MAKERS.has(route.url)) return;
    route.preHandler = async (request) => {
      const key = keyOf(request);
      if (key !== null) request.repeat = await guard(deps, key);
    };
    route.onError = async ({ repeat }, _, error) => repeat?.onError(error);
  });
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

function addRoutes(app: FastifyInstance, deps: ServerDeps): void {
  resource(app, '/api/v1/notifications', {
    GET: (request) => onList(deps, request.query),
    POST: async (request, reply) =>
      sendMade(reply, 202, '/api/v1/notifications', await onCreate(deps, request.body, contextOf(request))),
  });
  resource(app, '/api/v1/notifications/batch', {
    POST: async (request, reply) =>
      sendMade(
        reply,
        202,
        '/api/v1/notifications/batch',
        await onCreateBatch(deps, request.body, contextOf(request)),
      ),
  });
  resource(app, '/api/v1/notifications/batch/:id', { GET: (request) => onReadBatch(deps, idOf(request)) });
  resource(app, '/api/v1/notifications/batch/:id/cancel', {
    PATCH: (request) => onCancelBatch(deps, idOf(request)),
  });
  resource(app, '/api/v1/notifications/:id', {
    GET: (request) => onRead(deps, idOf(request)),
    PATCH: (request) => onReschedule(deps, idOf(request), request.body, request.repeat),
  });
  resource(app, '/api/v1/notifications/:id/cancel', {
    PATCH: (request) => onCancel(deps, idOf(request), request.repeat),
  });
  resource(app, '/api/v1/notifications/:id/trace', { GET: (request) => onReadTrace(deps, idOf(request)) });
  addTemplateRoutes(app, deps);
  addDeadLetterRoutes(app, deps);
  addLaneRoutes(app, deps);
  resource(app, '/api/v1/ws/tickets', {
    POST: async (request, reply) => reply.code(201).send(await onCreateTicket(deps, callerIdOf(request))),
  });
  resource(app, '/api/v1/metrics', { GET: onMetrics(deps) });
  resource(app, '/openapi.yaml', {
    GET: (_, reply) => Promise.resolve(reply.type('application/yaml').send(deps.openapi)),
  });
  for (const [path, { headers, open }] of Object.entries(DOCS_PAGE))
    resource(app, path, { GET: (_, reply) => Promise.resolve(reply.headers(headers).send(open())) });
  for (const path of ['/healthz/live', '/healthz/ready', '/metrics'])
    resource(app, path, {
      GET: async (_, reply) => {
        const answer = await deps.health.answer(path);
        return reply
          .code(answer?.status ?? 404)
          .headers(answer?.headers ?? {})
          .send(answer?.body);
      },
    });
}

/** What was made and where it is; 200 for an answer that was given before. */
function sendMade(
  reply: FastifyReply,
  code: number,
  path: string,
  { resource: made, isFirst }: Answer<{ id: string }>,
): FastifyReply {
  return reply
    .code(isFirst ? code : 200)
    .header('location', `${path}/${made.id}`)
    .send(made);
}

function addTemplateRoutes(app: FastifyInstance, deps: TemplateDeps): void {
  resource(app, '/api/v1/templates', {
    GET: (request) => onListTemplates(deps, request.query),
    POST: async (request, reply) =>
      sendMade(reply, 201, '/api/v1/templates', await onCreateTemplate(deps, request.body, keyOf(request))),
  });
  resource(app, '/api/v1/templates/:id', {
    GET: (request) => onReadTemplate(deps, idOf(request)),
    PUT: async (request) => {
      const { body } = request;
      return (await onChangeTemplate(deps, { id: idOf(request), body, key: keyOf(request) })).resource;
    },
    DELETE: async (request, reply) => {
      await onDeleteTemplate(deps, idOf(request));
      return reply.code(204).send();
    },
  });
}

function addDeadLetterRoutes(app: FastifyInstance, deps: DeadLetterDeps): void {
  resource(app, '/api/v1/dead-letters', { GET: (request) => onListDeadLetters(deps, request.query) });
  resource(app, '/api/v1/dead-letters/redrive', {
    POST: async (request, reply) => {
      const report = await onRedrive(deps, request.body);
      return reply.code(report.dry_run || request.repeat?.isFirst === false ? 200 : 202).send(report);
    },
  });
  resource(app, '/api/v1/dead-letters/purge', { POST: (request) => onPurge(deps, request.body) });
  resource(app, '/api/v1/dead-letters/:id', {
    GET: (request) => onReadDeadLetter(deps, idOf(request)),
    DELETE: async (request, reply) => {
      await onDeleteDeadLetter(deps, idOf(request));
      return reply.code(204).send();
    },
  });
  resource(app, '/api/v1/dead-letters/:id/redrive', {
    POST: async (request, reply) => {
      const letter = await onRedriveOne(deps, idOf(request), request.repeat);
      return reply.code(request.repeat?.isFirst === false ? 200 : 202).send(letter);
    },
  });
}

function addLaneRoutes(app: FastifyInstance, deps: LaneDeps): void {
  resource(app, '/api/v1/lanes', { GET: (request) => onListLanes(deps, request.query) });
  for (const lanes of ['/api/v1/lanes/:channel', '/api/v1/lanes/:channel/:provider']) {
    resource(app, `${lanes}/pause`, {
      PATCH: (request) => onPauseLanes(deps, laneOf(request), request.body),
    });
    resource(app, `${lanes}/resume`, {
      PATCH: (request) => onResumeLanes(deps, laneOf(request), request.body),
    });
  }
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** One path with its methods; any other method is told which there are. */
function resource(app: FastifyInstance, url: string, handlers: Record<string, Handler>): void {
  const methods = Object.keys(handlers);
  const bodyLimit = url.endsWith('/batch') ? BATCH_BYTES_MAX : BODY_BYTES_MAX;
  for (const [method, handler] of Object.entries(handlers)) app.route({ method, url, bodyLimit, handler });
  const others = METHODS.filter(
    (method) => !methods.includes(method) && !(method === 'HEAD' && methods.includes('GET')),
  );
  const refuse = () =>
    Promise.reject(problem('method-not-allowed', { headers: { allow: methods.join(', ') } }));
  // Whatever comes with it.
  app.route({ method: others, url, onRequest: refuse, handler: refuse });
}

/** One made here grows with time, like ids, which keeps the new entries of its index together. */
function correlationIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-correlation-id'];
  return typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUIDv7();
}

function contextOf(request: FastifyRequest): RequestContext {
  const { id, headers } = request;
  return { correlationId: id, traceparent: traceparentOf(extractContext(headers)), key: keyOf(request) };
}

function keyOf(request: FastifyRequest): IdempotencyKey | null {
  const { headers, url, body } = request;
  const [path = ''] = url.split('?', 1);
  return readKey(headers['idempotency-key'], { caller: callerIdOf(request), path, body });
}

/** What is no id names nothing. */
function idOf(request: FastifyRequest): string {
  const { id } = check('PathParameters', request.params).given;
  if (id === undefined) throw notFound(paramOf(request, 'id') ?? '');
  return id;
}

function laneOf(request: FastifyRequest): LanePath {
  const provider = paramOf(request, 'provider');
  return { channel: paramOf(request, 'channel') ?? '', ...(provider !== undefined && { provider }) };
}

function paramOf({ params }: FastifyRequest, name: string): string | undefined {
  const value = isRecord(params) ? params[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
