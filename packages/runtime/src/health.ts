import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inTime } from './in-time.ts';
import { metricsText } from './metrics.ts';

/** Rejects (or throws) when the thing it asks after is away; the message says what is wrong. */
export type Check = () => unknown;
export type Checks = Readonly<Record<string, Check>>;
export type Detail = Readonly<Record<string, unknown>>;
export type HealthAnswer = { status: number; headers: Record<string, string>; body: string };

export type Health = {
  /** What to answer to a GET of this path, or null when it is not one of the three. */
  answer(path: string): Promise<HealthAnswer> | null;
  /** Answers the request if it is for health or metrics; otherwise touches nothing and returns false. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
};

/**
 * `/healthz/live`: the process turns its event loop. `/healthz/ready`: everything it needs answers. `/metrics`.
 *
 * @param readiness the checks to run, or a phrase that says why it is not ready whatever they would say.
 * @param detail what else an operator wants to know of it, ready or not; members of the answer to `/healthz/ready`.
 */
export function createHealth(readiness: () => Checks | string, detail: () => Detail = () => ({})): Health {
  const inFlight = new Map<string, Promise<string | null>>();
  const routes: Readonly<Record<string, () => Promise<HealthAnswer>>> = {
    '/healthz/live': () => Promise.resolve(plain('live')),
    '/healthz/ready': () => ready(readiness(), detail(), inFlight),
    '/metrics': metrics,
  };
  const answer = (path: string) => routes[path.split('?', 1)[0] ?? '']?.() ?? null;
  return { answer, handle: (request, response) => handle(answer, request, response) };
}

/** A small server for a service that has none of its own. */
export async function serveHealth(
  health: Health,
  address: { host: string; port: number },
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    if (!health.handle(request, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(address.port, address.host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return { port, close: () => void server.close() };
}

export type HealthServer = { port: number; close: () => void };

/** Shorter than the period of any usual probe, so that probes do not pile up. */
const CHECK_TIMEOUT_MS = 2_000;

async function ready(
  checks: Checks | string,
  detail: Detail,
  inFlight: Map<string, Promise<string | null>>,
): Promise<HealthAnswer> {
  if (typeof checks === 'string') return notReady(checks, [], detail);
  const faults = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => ({
      field: name,
      message: await faultOf(name, check, inFlight),
    })),
  );
  const away = faults.filter((fault) => fault.message !== null);
  if (away.length > 0) return notReady(`away: ${away.map(({ field }) => field).join(', ')}`, away, detail);
  return json(200, 'application/json', { status: 'ready', ...detail });
}

/** A check that hangs is not started again before it ended: probing must not add load to what is already ill. */
async function faultOf(
  name: string,
  check: Check,
  inFlight: Map<string, Promise<string | null>>,
): Promise<string | null> {
  const running = inFlight.get(name) ?? outcomeOf(check);
  inFlight.set(name, running);
  void running.then(() => inFlight.delete(name));
  const late = `no answer within ${CHECK_TIMEOUT_MS} ms`;
  return inTime(CHECK_TIMEOUT_MS, running, () => new Error(late)).catch(() => late);
}

async function outcomeOf(check: Check): Promise<string | null> {
  try {
    await check();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  }
}

function notReady(reason: string, errors: readonly object[], detail: Detail): HealthAnswer {
  const problem = { type: '/probs/not-ready', title: 'Not ready', status: 503, detail: reason, errors };
  return json(503, 'application/problem+json', { ...detail, ...problem });
}

function json(status: number, contentType: string, body: object): HealthAnswer {
  return { status, headers: { 'content-type': contentType }, body: `${JSON.stringify(body)}\n` };
}

async function metrics(): Promise<HealthAnswer> {
  const { contentType, body } = await metricsText();
  return { status: 200, headers: { 'content-type': contentType }, body };
}

function plain(body: string): HealthAnswer {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${body}\n` };
}

function handle(answer: Health['answer'], request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const pending = answer(request.url ?? '');
  pending?.then(
    ({ status, headers, body }) => response.writeHead(status, headers).end(body),
    () => response.writeHead(500).end(),
  );
  return pending !== null;
}
