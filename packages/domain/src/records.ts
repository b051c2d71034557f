import {
  DEAD_LETTER_HEADER,
  type DeadLetterReason,
  HEADER,
  type Notification,
  ORIGIN,
  type StatusEvent,
} from '@fanfare/contracts';
import { type Delivery, statusOf, versionOf } from './states.ts';

export type Headers = Record<string, string>;

/** What a record must match for its claim to be granted, and the attempt that the claim makes. */
export type ClaimTicket = { cycle: number; fence: number; attempt: number };

/** Postgres keeps these as four-byte integers; a larger one is not from us, whatever `origin` says. */
const INTEGER_MAX = 2 ** 31 - 1;

const FOREIGN_TICKET: ClaimTicket = { cycle: 0, fence: 0, attempt: 1 };

/** Whether we wrote the record: only then do its ticket and its row count as ours. */
export function isOwn(headers: Headers): boolean {
  return headers[HEADER.origin] === ORIGIN;
}

/** When Kafka first took the record that this one of ours repeats, or null where the bytes are ours as well. */
export function readAppendedAt(headers: Headers): number | null {
  const appendedAt = Number(headers[HEADER.appendedAt]);
  return isOwn(headers) && Number.isSafeInteger(appendedAt) ? appendedAt : null;
}

/** The ticket a record carries; a foreign one counts as never claimed, whatever its headers say. */
export function readTicket(headers: Headers): ClaimTicket {
  if (!isOwn(headers)) return FOREIGN_TICKET;
  const read = (name: string, otherwise: number): number => {
    const value = Number(headers[name]);
    return Number.isInteger(value) && value >= 0 && value <= INTEGER_MAX ? value : otherwise;
  };
  return {
    cycle: read(HEADER.cycle, 0),
    fence: read(HEADER.fence, 0),
    attempt: Math.max(1, read(HEADER.attempt, 1)),
  };
}

/** The ticket of the claim that a row waits for. A throttled or released attempt was not used: it is made again. */
export function nextTicket({ cycle, fence, attempt, outcome }: Delivery): ClaimTicket {
  const isUsed = outcome === 'unavailable' || outcome === 'unknown';
  return { cycle, fence, attempt: Math.max(1, isUsed ? attempt + 1 : attempt) };
}

/** Headers of a work record of ours. */
export function workHeaders(
  ticket: ClaimTicket,
  correlationId: string | null,
  traceparent?: string,
): Headers {
  return {
    [HEADER.origin]: ORIGIN,
    [HEADER.cycle]: String(ticket.cycle),
    [HEADER.fence]: String(ticket.fence),
    [HEADER.attempt]: String(ticket.attempt),
    ...(correlationId === null ? {} : { [HEADER.correlationId]: correlationId }),
    ...(traceparent === undefined ? {} : { [HEADER.traceparent]: traceparent }),
  };
}

/** Headers of a retry record: those of the record it repeats, the next claim's ticket, when it is due and where. */
export function retryHeaders(
  record: { topic: string; headers: Headers; timestampMs: number },
  ticket: ClaimTicket,
  notBefore: number,
): Headers {
  return {
    ...record.headers,
    ...(isOwn(record.headers) ? {} : { [HEADER.appendedAt]: String(record.timestampMs) }),
    ...workHeaders(ticket, null),
    [HEADER.notBefore]: String(notBefore),
    [HEADER.returnTo]: record.topic,
  };
}

/** Headers of a dead letter: the record's own, where it came from, and why it is here. */
export function deadLetterHeaders(
  record: { topic: string; partition: number; offset: number; headers: Headers },
  why: { reason: DeadLetterReason; message: string; channel: string | null; cycle: number },
): Headers {
  return {
    ...record.headers,
    [HEADER.cycle]: String(why.cycle),
    [DEAD_LETTER_HEADER.topic]: record.topic,
    [DEAD_LETTER_HEADER.partition]: String(record.partition),
    [DEAD_LETTER_HEADER.offset]: String(record.offset),
    [DEAD_LETTER_HEADER.message]: why.message,
    [DEAD_LETTER_HEADER.reason]: why.reason,
    ...(why.channel === null ? {} : { [DEAD_LETTER_HEADER.channel]: why.channel }),
  };
}

/** The event that tells the world of the state a delivery is in. The same row gives the same event, however often. */
export function statusEvent(
  notification: Pick<
    Notification,
    'tenant_id' | 'batch_id' | 'template_id' | 'channel' | 'priority' | 'correlation_id' | 'source'
  >,
  delivery: Delivery,
): StatusEvent {
  return {
    notification_id: delivery.id,
    tenant_id: notification.tenant_id,
    batch_id: notification.batch_id,
    template_id: notification.template_id,
    channel: notification.channel,
    priority: notification.priority,
    status: statusOf(delivery.state),
    version: versionOf(delivery),
    cycle: delivery.cycle,
    attempt: delivery.attempt,
    max_attempts: delivery.max_attempts,
    at: delivery.at,
    started_at: delivery.started_at,
    duration_ms: delivery.duration_ms,
    provider: delivery.provider,
    provider_message_id: delivery.provider_message_id,
    outcome: delivery.outcome,
    reason: delivery.reason,
    next_retry_at: delivery.state === 'retrying' ? delivery.due_at : null,
    correlation_id: notification.correlation_id,
    source: notification.source,
  };
}
