import { METHODS } from 'node:http';
import { check } from '@fanfare/contracts';
import { isRecord } from '@fanfare/domain';
import { extractContext, type Health, traceparentOf } from '@fanfare/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerIdOf } from './callers.ts';
import { DOCS_PAGE } from './docs-page.ts';
import { keyOf } from './guarded-keys.ts';
import type { Answer } from './idempotency.ts';
import { type BatchCancelDeps, onCancelBatch } from './on-batch-cancel.ts';
import { type CancelDeps, onCancel } from './on-cancel.ts';
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
import { type LaneDeps, type LanePath, onListLanes, onPauseLanes, onResumeLanes } from './on-lanes.ts';
import { type ListDeps, onList } from './on-list.ts';
import { type MetricsDeps, onMetrics } from './on-metrics.ts';
import { onRead, onReadBatch, onReadTrace, type ReadDeps } from './on-read.ts';
import { onReschedule, type RescheduleDeps } from './on-reschedule.ts';
import {
  onChangeTemplate,
  onCreateTemplate,
  onDeleteTemplate,
  onListTemplates,
  onReadTemplate,
  type TemplateDeps,
} from './on-templates.ts';
import { onCreateTicket, type TicketDeps } from './on-ticket.ts';
import { notFound, problem } from './problem.ts';

export type RouteDeps = CreateDeps &
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
    /** The text of schemas/openapi.yaml. */
    openapi: string;
  };

const BODY_BYTES_MAX = 1024 * 1024;
const BATCH_BYTES_MAX = 16 * 1024 * 1024;

/** Every path of schemas/openapi.yaml. */
export function addRoutes(app: FastifyInstance, deps: RouteDeps): void {
  addNotificationRoutes(app, deps);
  addBatchRoutes(app, deps);
  addTemplateRoutes(app, deps);
  addDeadLetterRoutes(app, deps);
  addLaneRoutes(app, deps);
  resource(app, '/api/v1/ws/tickets', {
    POST: async (request, reply) => reply.code(201).send(await onCreateTicket(deps, callerIdOf(request))),
  });
  resource(app, '/api/v1/metrics', { GET: onMetrics(deps) });
  addServiceRoutes(app, deps);
}

function addNotificationRoutes(app: FastifyInstance, deps: RouteDeps): void {
  resource(app, '/api/v1/notifications', {
    GET: (request) => onList(deps, request.query),
    POST: async (request, reply) =>
      sendMade(reply, 202, await onCreate(deps, request.body, contextOf(request))),
  });
  resource(app, '/api/v1/notifications/:id', {
    GET: (request) => onRead(deps, idOf(request)),
    PATCH: (request) => onReschedule(deps, idOf(request), request.body, request.repeat),
  });
  resource(app, '/api/v1/notifications/:id/cancel', {
    PATCH: (request) => onCancel(deps, idOf(request), request.repeat),
  });
  resource(app, '/api/v1/notifications/:id/trace', { GET: (request) => onReadTrace(deps, idOf(request)) });
}

const BATCHES = '/api/v1/notifications/batch';

function addBatchRoutes(app: FastifyInstance, deps: RouteDeps): void {
  resource(app, BATCHES, {
    POST: async (request, reply) =>
      sendMade(reply, 202, await onCreateBatch(deps, request.body, contextOf(request))),
  });
  resource(app, `${BATCHES}/:id`, { GET: (request) => onReadBatch(deps, idOf(request)) });
  resource(app, `${BATCHES}/:id/cancel`, { PATCH: (request) => onCancelBatch(deps, idOf(request)) });
}

function addTemplateRoutes(app: FastifyInstance, deps: TemplateDeps): void {
  resource(app, '/api/v1/templates', {
    GET: (request) => onListTemplates(deps, request.query),
    POST: async (request, reply) =>
      sendMade(reply, 201, await onCreateTemplate(deps, request.body, keyOf(request))),
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

/** What people and machines ask of the service itself. */
function addServiceRoutes(app: FastifyInstance, { openapi, health }: RouteDeps): void {
  resource(app, '/openapi.yaml', {
    GET: (_, reply) => Promise.resolve(reply.type('application/yaml').send(openapi)),
  });
  for (const [path, { headers, open }] of Object.entries(DOCS_PAGE))
    resource(app, path, { GET: (_, reply) => Promise.resolve(reply.headers(headers).send(open())) });
  for (const path of ['/healthz/live', '/healthz/ready', '/metrics'])
    resource(app, path, {
      GET: async (_, reply) => {
        const answer = await health.answer(path);
        return reply
          .code(answer?.status ?? 404)
          .headers(answer?.headers ?? {})
          .send(answer?.body);
      },
    });
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** One path with its methods; any other method is told which there are. */
function resource(app: FastifyInstance, url: string, handlers: Record<string, Handler>): void {
  const methods = Object.keys(handlers);
  const bodyLimit = url === BATCHES ? BATCH_BYTES_MAX : BODY_BYTES_MAX;
  for (const [method, handler] of Object.entries(handlers)) app.route({ method, url, bodyLimit, handler });
  const others = METHODS.filter(
    (method) => !methods.includes(method) && !(method === 'HEAD' && methods.includes('GET')),
  );
  const refuse = () =>
    Promise.reject(problem('method-not-allowed', { headers: { allow: methods.join(', ') } }));
  // Whatever comes with it.
  app.route({ method: others, url, onRequest: refuse, handler: refuse });
}

/** What was made and where it is, below the path that made it; 200 for an answer that was given before. */
function sendMade(
  reply: FastifyReply,
  code: number,
  { resource: made, isFirst }: Answer<{ id: string }>,
): FastifyReply {
  const { url = '' } = reply.routeOptions;
  return reply
    .code(isFirst ? code : 200)
    .header('location', `${url}/${made.id}`)
    .send(made);
}

function contextOf(request: FastifyRequest): RequestContext {
  const { id, headers } = request;
  return { correlationId: id, traceparent: traceparentOf(extractContext(headers)), key: keyOf(request) };
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
