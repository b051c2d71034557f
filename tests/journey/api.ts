import type { BatchDetail, NotificationResource, TraceEntry } from '@fanfare/contracts';

/** What clients read of the journey, by id. */
export function getNotification(apiUrl: string, id: string): Promise<NotificationResource> {
  return get(apiUrl, `/api/v1/notifications/${id}`);
}

export async function getTrace(apiUrl: string, id: string): Promise<TraceEntry[]> {
  const { entries } = await get<{ entries: TraceEntry[] }>(apiUrl, `/api/v1/notifications/${id}/trace`);
  return entries;
}

export function getBatch(apiUrl: string, id: string): Promise<BatchDetail> {
  return get(apiUrl, `/api/v1/notifications/batch/${id}`);
}

async function get<T>(apiUrl: string, path: string): Promise<T> {
  const response = await fetch(new URL(path, apiUrl));
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
