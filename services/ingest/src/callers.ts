import { isIPv6 } from 'node:net';
import {
  ANONYMOUS,
  authenticate,
  type AuthenticateDeps,
  type Caller,
  isRefusal,
  type Refusal,
  type Scope,
  scopeRefusal,
} from '@fanfare/domain';
import type { Admission } from '@fanfare/redis';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { problem, type ProblemError } from './problem.ts';

export type CallerDeps = AuthenticateDeps & {
  /** How often a caller may call; null is as often as it likes. */
  inbound: { perMinute: number; admit: (caller: string) => Admission | Promise<Admission> } | null;
  /** How many proxies stand in front, or their addresses: what they say of who calls is believed. */
  proxies: number | readonly string[];
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes it; null where nobody is asked. */
    caller: Caller | null;
  }
}

/** Every call of the API is somebody's, counts to what they may call in a minute, and needs a scope. */
export function admitCallers(app: FastifyInstance, deps: CallerDeps): void {
  app.decorateRequest('caller', null);
  app.addHook('onRoute', (route) => {
    const scope = scopeOf(route);
    if (scope === null) return;
    // Before the body is read: who may not send one is not listened to.
    route.onRequest = async (request, reply) => {
      const caller = await authenticate(deps, request.headers);
      if (isRefusal(caller)) throw refused(caller);
      await countCall(deps, caller === ANONYMOUS ? addressOf(request.ip) : caller.id, reply);
      const refusal = scopeRefusal(caller, scope);
      if (refusal !== null) throw refused(refusal);
      request.caller = caller;
    };
  });
}

/**
 * The scope that a route needs. Health, metrics and documentation are open: probes, scrapers and browsers send no keys,
 * and there is nothing of any notification in them.
 */
export function scopeOf({ method, url }: Pick<RouteOptions, 'method' | 'url'>): Scope | null {
  // Several methods in one: those that are answered 405, whoever asks.
  if (typeof method !== 'string' || !url.startsWith('/api/v1/')) return null;
  if (method === 'GET' || method === 'HEAD' || url.startsWith('/api/v1/ws/')) return 'read';
  return url.startsWith('/api/v1/notifications') ? 'send' : 'admin';
}

const REFUSED = { 401: 'unauthorized', 403: 'forbidden', 503: 'unavailable' } as const;

function refused({ status, detail, headers }: Refusal): ProblemError {
  return problem(REFUSED[status], { detail, headers });
}

/** The fields are those of draft-ietf-httpapi-ratelimit-headers-10. */
async function countCall({ inbound }: CallerDeps, caller: string, reply: FastifyReply): Promise<void> {
  if (inbound === null) return;
  const { isAdmitted, remaining, resetMs } = await inbound.admit(caller);
  const resetSeconds = Math.ceil(resetMs / 1_000);
  reply.header('ratelimit-policy', `"calls";q=${inbound.perMinute};w=60`);
  reply.header('ratelimit', `"calls";r=${remaining};t=${resetSeconds}`);
  if (isAdmitted) return;
  throw problem('rate-limited', {
    detail: `${inbound.perMinute} calls a minute are allowed; nothing was done`,
    headers: { 'retry-after': String(Math.max(1, resetSeconds)) },
  });
}

/** A proxy may forward anything. */
const ADDRESS_LENGTH_MAX = 64;

/** Whoever has one IPv6 address has all 2^64 of its network. */
export function addressOf(ip: string): string {
  if (!isIPv6(ip)) return ip.slice(0, ADDRESS_LENGTH_MAX);
  if (ip.startsWith('::ffff:') && ip.includes('.')) return ip.slice('::ffff:'.length);
  const [head = '', tail] = ip.split('::', 2);
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

/** Whose word fastify takes for where a request comes from. A bare number it would take for nobody. */
export function trustedOf({
  proxies,
}: CallerDeps): false | string[] | ((address: string, hop: number) => boolean) {
  if (typeof proxies === 'object') return [...proxies];
  return proxies === 0 ? false : (_, hop) => hop < proxies;
}

/** Whose idempotency keys a request's is among. */
export function callerIdOf({ caller }: FastifyRequest): string {
  return caller?.id ?? ANONYMOUS.id;
}
