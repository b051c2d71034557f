import { randomUUIDv7 } from 'node:crypto';
import { cancelBatch, type Database, listNotifications, openCursorKey, reschedule } from '@fanfare/db';
import type { BatchCancelDeps } from './on-batch-cancel.ts';
import type { ListDeps } from './on-list.ts';
import type { RescheduleDeps } from './on-reschedule.ts';

/** Lists, whole batches and schedules in Postgres, as the API uses them. */
export function lists(db: Database): ListDeps & BatchCancelDeps & Pick<RescheduleDeps, 'reschedule'> {
  return {
    listNotifications: (filter, walk) => listNotifications(db, filter, walk),
    cursorKey: openCursorKey(db),
    cancelBatch: (id) => cancelBatch(db, id, randomUUIDv7()),
    reschedule: (id, scheduledAt) => reschedule(db, id, scheduledAt),
  };
}
