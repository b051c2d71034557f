import { CHANNELS, PRIORITIES, STATUSES } from '@fanfare/contracts';
import type { ListFilter } from '@fanfare/db';
import { isUuid, parseRfc3339 } from '@fanfare/domain';
import { type AddFault, type Input, oneOf, read, valueOf } from './request-fields.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;
/** As long as a record's may be. */
const CORRELATION_ID = /^[^\0]{1,255}$/;

export type ListRequest = { filter: ListFilter; limit: number; cursor: string | null };

/** @throws ProblemError with every fault of the query at once */
export function readListRequest(query: unknown): ListRequest {
  return read(query, ({ input, fault }) => ({
    filter: filter(input, fault),
    limit: limit(input, fault),
    cursor: text(input, 'cursor', fault, (value) => (value === '' ? 'must not be empty' : null)),
  }));
}

function filter(input: Input, fault: AddFault): ListFilter {
  return {
    status: oneOf(STATUSES, input, 'status', fault),
    channel: oneOf(CHANNELS, input, 'channel', fault, 'invalid-channel'),
    priority: oneOf(PRIORITIES, input, 'priority', fault),
    batch_id: uuid(input, 'batch_id', fault),
    template_id: uuid(input, 'template_id', fault),
    correlation_id: text(input, 'correlation_id', fault, correlationIdFault),
    ...span(input, fault),
  };
}

function span(input: Input, fault: AddFault): Pick<ListFilter, 'created_after' | 'created_before'> {
  const created_after = time(input, 'created_after', fault);
  const created_before = time(input, 'created_before', fault);
  if (created_after !== null && created_before !== null && created_after >= created_before)
    fault('created_before', 'must lie after `created_after`');
  return { created_after, created_before };
}

function time(input: Input, field: string, fault: AddFault): number | null {
  const given = text(input, field, fault, (value) =>
    parseRfc3339(value) === null ? 'must be an RFC 3339 time such as 2030-01-31T09:00:00Z' : null,
  );
  return given === null ? null : parseRfc3339(given);
}

function uuid(input: Input, field: string, fault: AddFault): string | null {
  const given = text(input, field, fault, (value) => (isUuid(value) ? null : 'must be a UUID'));
  return given === null ? null : given.toLowerCase();
}

function correlationIdFault(value: string): string | null {
  return CORRELATION_ID.test(value) && value.isWellFormed() ? null : 'must be of 1 to 255 characters';
}

function limit(input: Input, fault: AddFault): number {
  const given = text(input, 'limit', fault, (value) =>
    /^\d{1,9}$/.test(value) && Number(value) >= 1 && Number(value) <= LIMIT_MAX
      ? null
      : `must be a whole number from 1 to ${LIMIT_MAX}`,
  );
  return given === null ? LIMIT_DEFAULT : Number(given);
}

/** A parameter that is given at most once, and right; null when it is not given, or not right. */
function text(
  input: Input,
  field: string,
  fault: AddFault,
  faultOf: (value: string) => string | null,
): string | null {
  const value = valueOf(input, field);
  if (value === undefined) return null;
  const wrong = typeof value === 'string' ? faultOf(value) : 'must be given once';
  if (wrong !== null) fault(field, wrong);
  return wrong === null && typeof value === 'string' ? value : null;
}
