import type { DeadLetterResource, Shaped } from '@fanfare/contracts';
import type { DeadLetterFilter, DeadLetterPosition, DeadLetterSearch } from '@fanfare/db';
import { isUuid } from '@fanfare/domain';
import { applySpanRule, readBody, readQuery, timeOf } from './request.ts';

export type ListRequest = { search: DeadLetterSearch; limit: number; after: DeadLetterPosition | null };
export type RedriveRequest = { filter: DeadLetterFilter; dryRun: boolean; rate: number | null };
export type PurgeRequest = { search: DeadLetterSearch; dryRun: boolean };

/** @throws ProblemError with every fault of the query at once */
export function readListRequest(query: unknown): ListRequest {
  const given = readQuery('ListDeadLettersQuery', query, (asked, fault) => {
    applySpanRule(SPAN, asked, fault);
    if (asked.cursor !== undefined && positionAt(asked.cursor) === null) fault('cursor');
  });
  return { search: searchOf(given), limit: given.limit, after: positionAt(given.cursor ?? '') };
}

/** @throws ProblemError with every fault of the body at once */
export function readRedriveRequest(body: unknown): RedriveRequest {
  const given = readBody('Redrive', body, (asked, fault) => applySpanRule(SPAN, asked, fault));
  return { filter: filterOf(given), dryRun: given.dry_run ?? false, rate: given.rate ?? null };
}

/** @throws ProblemError with every fault of the body at once */
export function readPurgeRequest(body: unknown): PurgeRequest {
  const given = readBody('Purge', body, (asked, fault) => applySpanRule(SPAN, asked, fault));
  return { search: searchOf(given), dryRun: given.dry_run ?? false };
}

/** Where the next page goes on: opaque to clients. */
export function cursorAt({ created_at, id }: DeadLetterResource): string {
  return Buffer.from(`${Date.parse(created_at)}:${id}`).toString('base64url');
}

const SPAN: ['after', 'before'] = ['after', 'before'];

function searchOf(given: Shaped<'ListDeadLettersQuery' | 'Purge'>): DeadLetterSearch {
  return { ...filterOf(given), state: given.state ?? null };
}

function filterOf(given: Shaped<'ListDeadLettersQuery' | 'Purge' | 'Redrive'>): DeadLetterFilter {
  return {
    channel: given.channel ?? null,
    reason: given.reason ?? null,
    after: timeOf(given.after),
    before: timeOf(given.before),
  };
}

const CURSOR = /^(\d{1,15}):(.+)$/;

function positionAt(cursor: string): DeadLetterPosition | null {
  const [, at, id] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return isUuid(id) ? { created_at: Number(at), id } : null;
}
