import type { Shaped } from '@fanfare/contracts';
import type { ListFilter } from '@fanfare/db';
import { applySpanRule, readQuery, timeOf } from './request.ts';

export type ListRequest = { filter: ListFilter; limit: number; cursor: string | null };

/** @throws ProblemError with every fault of the query at once */
export function readListRequest(query: unknown): ListRequest {
  const given = readQuery('ListNotificationsQuery', query, (asked, fault) =>
    applySpanRule(['created_after', 'created_before'], asked, fault),
  );
  return { filter: filterOf(given), limit: given.limit, cursor: given.cursor ?? null };
}

function filterOf(given: Shaped<'ListNotificationsQuery'>): ListFilter {
  return {
    status: given.status ?? null,
    channel: given.channel ?? null,
    priority: given.priority ?? null,
    batch_id: given.batch_id?.toLowerCase() ?? null,
    template_id: given.template_id?.toLowerCase() ?? null,
    correlation_id: given.correlation_id ?? null,
    created_after: timeOf(given.created_after),
    created_before: timeOf(given.created_before),
  };
}
