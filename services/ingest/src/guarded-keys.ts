import type { IdempotencyKey } from '@fanfare/db';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callerIdOf } from './callers.ts';
import { guard, type GuardDeps, readKey, type Repeat } from './idempotency.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of its idempotency key, unless there is none or the route makes something. */
    repeat: Repeat | null;
  }
}

/** Every route that changes something heeds the idempotency key of a request. */
export function guardKeys(app: FastifyInstance, deps: GuardDeps): void {
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

/** Here the key is stored with what is made under it; everywhere else before anything is done. */
const MAKERS = new Set([
  '/api/v1/notifications',
  '/api/v1/notifications/batch',
  '/api/v1/templates',
  '/api/v1/templates/:id',
]);
const CHANGING = new Set(['POST', 'PUT', 'PATCH']);

/** Null for a request without one. */
export function keyOf(request: FastifyRequest): IdempotencyKey | null {
  const { headers, url, body } = request;
  const [path = ''] = url.split('?', 1);
  return readKey(headers['idempotency-key'], { caller: callerIdOf(request), path, body });
}
