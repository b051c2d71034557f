import type { NotificationPage } from '@fanfare/contracts';
import type { ListFilter, ListPage, ListPosition, ListWalk } from '@fanfare/db';
import { beside, readCursor, writeCursor } from './list-cursor.ts';
import { readListRequest } from './on-list-request.ts';
import { problem } from './problem.ts';

export type ListDeps = {
  listNotifications: (filter: ListFilter, walk: ListWalk) => Promise<ListPage>;
  /** What cursors are signed with; the same in every process. */
  cursorKey: () => Promise<Buffer>;
};

/**
 * `GET /api/v1/notifications`. A walk from page to page meets what was there when it began once each, if that still
 * matches the filters. What arrives meanwhile is newer, and comes only to who walks towards the newer.
 */
export async function onList(deps: ListDeps, query: unknown): Promise<NotificationPage> {
  const { filter, limit, cursor } = readListRequest(query);
  const key = await deps.cursorKey();
  const place = cursor === null ? NEWEST : readCursor(key, filter, cursor);
  if (place === null) throw problem('invalid-cursor', { errors: [WRONG_CURSOR] });
  const page = await deps.listNotifications(filter, { ...place, limit });
  const { older, newer } = waysFrom(page, place);
  const cursorTo = (towards: Place['towards'], from: ListPosition | null): string | null =>
    from === null ? null : writeCursor(key, filter, { towards, from });
  return { items: page.items, next_cursor: cursorTo('older', older), prev_cursor: cursorTo('newer', newer) };
}

type Place = Pick<ListWalk, 'towards' | 'from'>;

const NEWEST: Place = { towards: 'older', from: null };
const WRONG_CURSOR = {
  field: 'cursor',
  message: 'must be the next_cursor or prev_cursor of a page with the same filters',
};

/**
 * Where one goes on from a page: ahead, where the walk itself would; and back, beside the page's first notification as
 * the walk met them, or, of an empty page, so that the notification which the walk came from is met again.
 */
function waysFrom(
  { items, end }: ListPage,
  { towards, from }: Place,
): Record<'older' | 'newer', ListPosition | null> {
  const ahead = end;
  const first = towards === 'older' ? items.at(0) : items.at(-1);
  const back = from === null ? null : first === undefined ? beside(from, towards) : positionOf(first);
  return towards === 'older' ? { older: ahead, newer: back } : { older: back, newer: ahead };
}

function positionOf({ created_at, id }: { created_at: string; id: string }): ListPosition {
  return { created_at: Date.parse(created_at), id };
}
