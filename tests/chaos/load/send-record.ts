import { setTimeout as sleep } from 'node:timers/promises';
import { type Notification, workTopic } from '@fanfare/contracts';
import type { OutgoingRecord } from '@fanfare/kafka';
import { type Order, type Wish } from './orders.ts';
import type { Producer } from './producer.ts';
import { cancelLater, type RequestDeps } from './send-request.ts';

export type RecordDeps = RequestDeps & { producer: Producer };
type RecordOrder = Extract<Order, { door: 'json' | 'avro' }>;
type UnusableOrder = Extract<Order, { door: 'unusable' }>;

/** Writes one notification straight to Kafka, some of them twice, and writes down what Kafka said. */
export async function sendRecord(deps: RecordDeps, order: RecordOrder): Promise<void> {
  const { door, ref, id, wish, again } = order;
  const notification = notificationOf(order, Date.now());
  const record = recordOf(deps.producer, door, notification);
  const isAcknowledged = await deps.producer.produce(again === 'at once' ? [record, record] : [record]);
  const readyAt = isAcknowledged && notification.scheduled_at === null ? Date.now() : null;
  const answer = isAcknowledged ? 'accepted' : 'maybe';
  const { scheduled_at: scheduledAt, expires_at: expiresAt } = notification;
  const wanted = { ref, id, door, answer, scheduledAt, expiresAt, readyAt } as const;
  const [conflict] = await Promise.all([
    sendAgain(deps, order, notification, isAcknowledged),
    cancelLater(deps, id, wish.cancelAfterMs),
  ]);
  deps.book.wanted.push({ ...wanted, conflict });
}

export async function sendUnusable({ producer, book }: RecordDeps, order: UnusableOrder): Promise<void> {
  const { key, topic, value, reason } = order;
  const record = { topic, key, value: value === null ? null : Buffer.from(value) };
  book.unusable.push({ key, reason, isAcknowledged: await producer.produce([record]) });
}

/** Returns what is to be expected of a second record with another content. */
async function sendAgain(
  { producer }: RecordDeps,
  { door, again, againAfterMs }: RecordOrder,
  notification: Notification,
  isAcknowledged: boolean,
): Promise<'both' | 'may' | null> {
  if (again === null || again === 'at once') return null;
  await sleep(againAfterMs);
  if (again === 'elsewhere') {
    await producer.produce([{ ...recordOf(producer, door, notification), partition: againAfterMs % 3 }]);
    return null;
  }
  const other = recordOf(producer, door, { ...notification, content: `${notification.content} (2)` });
  return (await producer.produce([other])) && isAcknowledged ? 'both' : 'may';
}

function recordOf(producer: Producer, door: RecordOrder['door'], notification: Notification): OutgoingRecord {
  return {
    topic: topicOf(notification),
    key: notification.id,
    value: door === 'avro' ? producer.encode(notification) : Buffer.from(JSON.stringify(notification)),
  };
}

function topicOf({ channel, priority }: Notification): string {
  return workTopic(channel as Wish['channel'], priority as Wish['priority']);
}

function notificationOf({ id, ref, wish }: RecordOrder, now: number): Notification {
  const { channel, recipient, content, priority, max_attempts, delivery_mode } = wish;
  const later = (inMs: number | null): number | null => (inMs === null ? null : now + inMs);
  return {
    id,
    tenant_id: 'default',
    channel,
    recipient,
    content,
    subject: null,
    html: null,
    priority,
    template_id: null,
    template_variables: null,
    metadata: null,
    batch_id: null,
    correlation_id: ref,
    idempotency_key: null,
    source: 'chaos',
    scheduled_at: later(wish.scheduledInMs),
    expires_at: later(wish.expiresInMs),
    max_attempts,
    delivery_mode,
    created_at: null,
  };
}
