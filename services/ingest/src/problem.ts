import type { FieldError, Problem } from '@fanfare/contracts';
import type { Fault } from '@fanfare/domain';

/** An answer that says what went wrong (RFC 9457); thrown by handlers, written by the server's error handler. */
export class ProblemError extends Error {
  readonly problem: Problem;
  readonly headers: Record<string, string>;

  constructor(body: Problem, headers: Record<string, string> = {}) {
    super(body.title);
    this.problem = body;
    this.headers = headers;
  }
}

/** Everything the front door refuses with, by the last part of the problem's type. */
const PROBLEMS = {
  'invalid-request': [400, 'The request is not valid'],
  'invalid-channel': [400, 'The channel is not valid'],
  'invalid-recipient': [400, 'The recipient is not valid'],
  'invalid-content': [400, 'The content is not valid'],
  'invalid-template': [400, 'The template is not valid'],
  'invalid-cursor': [400, 'The cursor is not one of this list'],
  'malformed-request': [400, 'This is no HTTP request'],
  'malformed-body': [400, 'The body is not JSON'],
  unauthorized: [401, 'A valid API key is needed'],
  forbidden: [403, 'The API key may not do this'],
  'not-found': [404, 'Not found'],
  'invalid-transition': [409, 'It cannot go from its state to that one'],
  'idempotency-key-mismatch': [409, 'The Idempotency-Key came with another body before'],
  'not-redrivable': [409, 'The dead letter cannot be redriven'],
  'template-name-taken': [409, 'The name of the template is taken'],
  'template-in-use': [409, 'The template has been used'],
  'method-not-allowed': [405, 'The method is not allowed here'],
  'request-timeout': [408, 'The request took too long to arrive'],
  'payload-too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The body must be application/json'],
  'headers-too-large': [431, 'The headers are too large'],
  'unknown-template': [422, 'The template does not exist'],
  'template-render-failed': [422, 'The template lacks a value'],
  'rate-limited': [429, 'Too many calls'],
  'internal-error': [500, 'Something went wrong on our side'],
  unavailable: [503, 'The service cannot accept this now'],
} as const satisfies Record<string, [number, string]>;
export type ProblemName = keyof typeof PROBLEMS;

type Details = { detail?: string; errors?: FieldError[]; headers?: Record<string, string> };

export function problem(name: ProblemName, { headers, ...details }: Details = {}): ProblemError {
  const [status, title] = PROBLEMS[name];
  return new ProblemError({ type: `/probs/${name}`, title, status, ...details }, headers);
}

/** What is no id names nothing, so it is as unknown as an id that was never given out. */
export function notFound(id: string): ProblemError {
  return problem('not-found', { detail: `there is no ${id.slice(0, 64)} here` });
}

/** Nobody reads more, and an answer must not be many times the size of what it answers. */
const FAULTS_TOLD_MAX = 1_000;

/** Of several kinds of fault the answer's type names the first; its errors tell them all. */
export function invalid(faults: Fault[]): ProblemError {
  const errors = faults.slice(0, FAULTS_TOLD_MAX).map(({ field, message }) => ({ field, message }));
  return problem(faults[0]?.type ?? 'invalid-request', { errors });
}

/** Nothing was accepted, unless `detail` says otherwise; the same request may be sent again. */
export function unavailable(detail: string): ProblemError {
  return problem('unavailable', { detail, headers: { 'retry-after': '1' } });
}
