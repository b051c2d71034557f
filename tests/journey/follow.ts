import type { NotificationResource } from '@fanfare/contracts';
import { eventually } from '@fanfare/testkit';
import { expect } from 'chai';
import { getNotification, getTrace } from './api.ts';
import { hexOf } from './corpus.ts';
import { callsFor, type ProviderCall } from './simulator.ts';
import type { System } from './system.ts';

/** What somebody sent by one of the doors. */
export type Sent = { id: string; channel: string; recipient: string; content: string };

/** Follows what was sent to its end, and checks everything that clients and the provider were shown of it. */
export async function expectDelivered(
  system: System,
  sent: Sent,
  { attempts = 1 }: { attempts?: number } = {},
): Promise<NotificationResource> {
  const notification = await expectStatus(system, sent.id, 'delivered');
  expect(notification.attempts, 'attempts').to.equal(attempts);
  expect(notification).to.include({ channel: sent.channel, recipient: sent.recipient, failure_reason: null });
  expect(hexOf(notification.content ?? ''), 'content as read back').to.equal(hexOf(sent.content));
  expect(notification.provider_message_id).to.be.a('string');
  await expectTrace(system, sent.id, [...failedAttempts(attempts - 1), 'processing', 'delivered']);
  expectSame(await callsFor(system.simulatorUrl, sent.id), sent, attempts);
  return notification;
}

/** Every call said the same, to the same person; only the last was accepted. */
function expectSame(calls: readonly ProviderCall[], sent: Sent, attempts: number): void {
  expect(
    calls.map(({ answer }) => answer),
    'answers of the provider',
  ).to.deep.equal([...Array.from({ length: attempts - 1 }, () => 'failed'), 'accepted']);
  for (const call of calls) {
    expect(hexOf(call.content), 'content at the provider').to.equal(hexOf(sent.content));
    expect(call).to.include({ to: sent.recipient, channel: sent.channel, idempotencyKey: `${sent.id}:0` });
  }
}

export function expectStatus(system: System, id: string, status: string): Promise<NotificationResource> {
  return eventually(async () => {
    const notification = await getNotification(system.apiUrl, id);
    expect(notification.status, `status of ${id}`).to.equal(status);
    return notification;
  });
}

/** The whole trace: after its creation and `queued` exactly these, in this order, none of them earlier than the one before. */
export async function expectTrace(system: System, id: string, afterQueued: readonly string[]): Promise<void> {
  // The event of an attempt is not waited for, so it may come after that of its end.
  const entries = await eventually(async () => {
    const trace = await getTrace(system.apiUrl, id);
    expect(
      trace.map(({ event }) => event),
      `trace of ${id}`,
    ).to.deep.equal(['created', 'queued', ...afterQueued]);
    return trace;
  });
  const times = entries.map(({ created_at }) => created_at);
  expect(times, 'times of the trace').to.deep.equal(times.toSorted());
  expect(new Set(entries.map((entry) => entry.id)).size, 'ids of the trace').to.equal(entries.length);
}

function failedAttempts(count: number): string[] {
  return Array.from({ length: count }, () => ['processing', 'retrying']).flat();
}
