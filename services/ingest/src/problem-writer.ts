import { Readable } from 'node:stream';
import { DatabaseAway } from '@fanfare/db';
import { QueueFull } from '@fanfare/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MaybeAccepted } from './accept.ts';
import { lingering } from './lingering.ts';
import { problem, ProblemError, type ProblemName, unavailable } from './problem.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

type ErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/** Answers every error with a problem, and tells of those that are bugs of ours. */
export function problemWriter(onBug: (error: unknown) => void): ErrorHandler {
  return (error, { id, url, raw }, reply) => {
    const { problem: body, headers } = problemOf(error);
    if (body.status === 500) onBug(error);
    const answer = JSON.stringify({ ...body, instance: url, correlation_id: id });
    reply.code(body.status).headers({
      ...SECURITY_HEADERS,
      ...headers,
      'content-type': 'application/problem+json',
      'x-correlation-id': id,
    });
    if (body.status !== 413) return void reply.send(answer);
    reply.headers({ 'content-length': Buffer.byteLength(answer), connection: 'close' });
    void reply.send(Readable.from(lingering(answer, raw)));
  };
}

/** What the web framework refuses by itself, in our terms. */
const FRAMEWORK_PROBLEMS: Record<string, ProblemName> = {
  FST_ERR_BAD_URL: 'not-found',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-body',
};

function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof QueueFull) return unavailable('too many requests are waiting; nothing was accepted');
  if (error instanceof MaybeAccepted)
    return unavailable('the database went away; this may have been accepted');
  if (error instanceof DatabaseAway) return unavailable('the database is away; nothing was accepted');
  const { code, statusCode } = Object.assign({ code: '', statusCode: 500 }, error);
  const name = FRAMEWORK_PROBLEMS[code];
  if (name !== undefined) return problem(name);
  return problem(statusCode >= 400 && statusCode < 500 ? 'invalid-request' : 'internal-error');
}
