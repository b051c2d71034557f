import type { IncomingMessage, ServerResponse } from 'node:http';
import { changeBehaviour } from './behaviour.ts';
import type { Fault } from './behaviour.ts';
import { readJson, reply } from './http.ts';
import type { Simulator } from './provider.ts';
import type { LogFilter, LoggedRequest } from './request-log.ts';

/**
 * What a test or an operator asks of the simulator. Returns false, and touches nothing, when it is something else.
 *
 * - `GET /log?to=&key=&since=&limit=`: what it got, oldest first; `since` as an RFC 3339 time or in milliseconds,
 *   `limit` leaves the newest.
 * - `GET /stats`: counts.
 * - `GET /settings`, `PUT /settings`: how it behaves; what is not given stays as it is.
 * - `POST /reset`: forgets requests and counts, not the settings.
 */
export async function onAdmin(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator');
  switch (`${request.method} ${pathname}`) {
    case 'GET /log':
      showLog(simulator, searchParams, response);
      return true;
    case 'GET /stats':
      reply(response, 200, simulator.tally.stats());
      return true;
    case 'GET /settings':
      reply(response, 200, simulator.behaviour);
      return true;
    case 'PUT /settings':
      change(simulator, await readJson(request), response);
      return true;
    case 'POST /reset':
      simulator.log.clear();
      simulator.tally.clear();
      reply(response, 200, simulator.tally.stats());
      return true;
    default:
      return false;
  }
}

function change(simulator: Simulator, body: unknown, response: ServerResponse): void {
  const result = changeBehaviour(simulator.behaviour, body);
  if ('faults' in result) return refuse(response, result.faults);
  simulator.behaviour = result.behaviour;
  reply(response, 200, result.behaviour);
}

function showLog({ log }: Simulator, query: URLSearchParams, response: ServerResponse): void {
  const { filter, faults } = filterOf(query);
  if (faults.length > 0) return refuse(response, faults);
  reply(response, 200, log.find(filter).map(shown));
}

function shown(request: LoggedRequest): object {
  return { ...request, at: new Date(request.at).toISOString() };
}

function filterOf(query: URLSearchParams): { filter: LogFilter; faults: Fault[] } {
  const faults: Fault[] = [];
  const filter: LogFilter = {};
  for (const [name, value] of query) {
    if (name === 'to') filter.to = value;
    else if (name === 'key') filter.key = value;
    else if (name === 'since') filter.sinceMs = numberOr(faults, name, momentOf(value));
    else if (name === 'limit') filter.limit = numberOr(faults, name, wholeOf(value));
    else faults.push({ field: name, message: 'unknown filter' });
  }
  return { filter, faults };
}

function numberOr(faults: Fault[], field: string, value: number): number {
  if (Number.isNaN(value))
    faults.push({ field, message: field === 'limit' ? 'must be a number' : 'must be a time' });
  return value;
}

function wholeOf(value: string): number {
  return /^\d+$/.test(value) ? Number(value) : Number.NaN;
}

function momentOf(value: string): number {
  return /^\d+$/.test(value) ? Number(value) : Date.parse(value);
}

function refuse(response: ServerResponse, errors: Fault[]): void {
  const problem = { type: '/probs/validation', title: 'Not understood', status: 400, errors };
  reply(response, 400, problem, { 'content-type': 'application/problem+json' });
}
