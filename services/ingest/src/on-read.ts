import type { BatchDetail, NotificationResource, Trace, TraceEntry } from '@fanfare/contracts';
import { notFound } from './problem.ts';

export type ReadDeps = {
  getNotification: (id: string) => Promise<NotificationResource | null>;
  getBatch: (id: string) => Promise<BatchDetail | null>;
  getTrace: (id: string) => Promise<TraceEntry[]>;
};

/** `GET /api/v1/notifications/{id}` */
export function onRead({ getNotification }: ReadDeps, id: string): Promise<NotificationResource> {
  return found(id, getNotification);
}

/** `GET /api/v1/notifications/batch/{id}` */
export function onReadBatch({ getBatch }: ReadDeps, id: string): Promise<BatchDetail> {
  return found(id, getBatch);
}

/** `GET /api/v1/notifications/{id}/trace` */
export function onReadTrace({ getTrace }: ReadDeps, id: string): Promise<Trace> {
  return found(id, async () => {
    const notification_id = id.toLowerCase();
    const entries = await getTrace(notification_id);
    return entries.length === 0 ? null : { notification_id, entries };
  });
}

async function found<T>(id: string, get: (id: string) => Promise<T | null>): Promise<T> {
  const resource = await get(id);
  if (resource === null) throw notFound(id);
  return resource;
}
