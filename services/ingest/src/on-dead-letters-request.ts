import {
  CHANNELS,
  DEAD_LETTER_REASONS,
  DEAD_LETTER_STATES,
  type DeadLetterResource,
  type DeadLetterState,
} from '@fanfare/contracts';
import type { DeadLetterFilter, DeadLetterPosition, DeadLetterSearch } from '@fanfare/db';
import { isUuid, parseRfc3339 } from '@fanfare/domain';
import { type AddFault, type Input, oneOf, read, valueOf } from './request-fields.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;
/** Beyond it a redrive is as fast as it can be. */
const RATE_MAX = 10_000;
/** Of a letter that carries no reason; only another program writes one. */
const REASONS = [...DEAD_LETTER_REASONS, 'unknown'] as const;

export type ListRequest = { search: DeadLetterSearch; limit: number; after: DeadLetterPosition | null };
export type RedriveRequest = { filter: DeadLetterFilter; dryRun: boolean; rate: number | null };
export type PurgeRequest = { search: DeadLetterSearch; dryRun: boolean };

/** @throws ProblemError with every fault of the query at once */
export function readListRequest(query: unknown): ListRequest {
  return read(query, ({ input, fault }) => ({
    search: { ...filter(input, fault), state: state(input, fault) },
    limit: wholeIn(input, 'limit', LIMIT_MAX, fault) ?? LIMIT_DEFAULT,
    after: position(input, fault),
  }));
}

/** @throws ProblemError with every fault of the body at once */
export function readRedriveRequest(body: unknown): RedriveRequest {
  return read(body, ({ input, fault }) => ({
    filter: filter(input, fault),
    dryRun: flag(input, 'dry_run', fault),
    rate: wholeIn(input, 'rate', RATE_MAX, fault),
  }));
}

/** @throws ProblemError with every fault of the body at once */
export function readPurgeRequest(body: unknown): PurgeRequest {
  return read(body, ({ input, fault }) => ({
    search: { ...filter(input, fault), state: state(input, fault) },
    dryRun: flag(input, 'dry_run', fault),
  }));
}

/** Where the next page goes on: opaque to clients. */
export function cursorAt({ created_at, id }: DeadLetterResource): string {
  return Buffer.from(`${Date.parse(created_at)}:${id}`).toString('base64url');
}

function filter(input: Input, fault: AddFault): DeadLetterFilter {
  const [after, before] = [time(input, 'after', fault), time(input, 'before', fault)];
  if (after !== null && before !== null && after >= before) fault('before', 'must lie after `after`');
  return {
    channel: oneOf(CHANNELS, input, 'channel', fault, 'invalid-channel'),
    reason: oneOf(REASONS, input, 'reason', fault),
    after,
    before,
  };
}

function state(input: Input, fault: AddFault): DeadLetterState | null {
  return oneOf(DEAD_LETTER_STATES, input, 'state', fault);
}

function time(input: Input, field: string, fault: AddFault): number | null {
  const value = valueOf(input, field);
  if (value === undefined) return null;
  const ms = typeof value === 'string' ? parseRfc3339(value) : null;
  if (ms === null) fault(field, 'must be an RFC 3339 time such as 2030-01-31T09:00:00Z');
  return ms;
}

function wholeIn(input: Input, field: 'limit' | 'rate', max: number, fault: AddFault): number | null {
  const value = valueOf(input, field);
  if (value === undefined) return null;
  // A query is text.
  const isDigits = field === 'limit' && typeof value === 'string' && /^\d{1,9}$/.test(value);
  const number = isDigits ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= max) return number;
  fault(field, `must be a whole number from 1 to ${max}`);
  return null;
}

function flag(input: Input, field: string, fault: AddFault): boolean {
  const value = valueOf(input, field) ?? false;
  if (typeof value !== 'boolean') fault(field, 'must be true or false');
  return value === true;
}

const CURSOR = /^(\d{1,15}):(.+)$/;

function position(input: Input, fault: AddFault): DeadLetterPosition | null {
  const value = valueOf(input, 'cursor');
  if (value === undefined) return null;
  const text = typeof value === 'string' ? Buffer.from(value, 'base64url').toString() : '';
  const [, at, id] = CURSOR.exec(text) ?? [];
  if (isUuid(id)) return { created_at: Number(at), id };
  fault('cursor', 'must be the next_cursor of a page before');
  return null;
}
