import type { BatchResource, NotificationResource } from '@fanfare/contracts';
import { expect } from 'chai';
import type { Text } from './corpus.ts';
import { curl } from './curl.ts';
import type { Sent } from './follow.ts';
import { recipientFor } from './recipients.ts';
import type { System } from './system.ts';

/** Sends one notification with curl. */
export async function sendByCurl(
  { apiUrl }: System,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<NotificationResource> {
  const answer = await curl(`${apiUrl}/api/v1/notifications`, { headers, body });
  expect(answer.status, answer.text).to.equal(202);
  const created = answer.json as NotificationResource;
  expect(answer.headers['location']).to.equal(`/api/v1/notifications/${created.id}`);
  return created;
}

export async function sendBatchByCurl(
  { apiUrl }: System,
  notifications: readonly object[],
): Promise<BatchResource> {
  const answer = await curl(`${apiUrl}/api/v1/notifications/batch`, { body: { notifications } });
  expect(answer.status, answer.text.slice(0, 1_000)).to.equal(202);
  const created = answer.json as BatchResource;
  expect(created.size).to.equal(notifications.length);
  expect(answer.headers['location']).to.equal(`/api/v1/notifications/batch/${created.id}`);
  return created;
}

/** A text with somebody to send it to. */
export function addressed({ channel, content }: Text, index: number): Omit<Sent, 'id'> {
  return { channel, recipient: recipientFor(channel, index), content };
}
