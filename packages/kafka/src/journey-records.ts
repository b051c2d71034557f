import {
  type Channel,
  CHANNELS,
  DEAD_LETTER_HEADER,
  DEAD_LETTER_TOPIC,
  type DeadLetterReason,
  HEADER,
  type Notification,
  notificationCodec,
  PRIORITIES,
  retryTopic,
  STATUS_TOPIC,
  statusEventCodec,
  workTopic,
} from '@fanfare/contracts';
import {
  type ClaimTicket,
  deadLetterHeaders,
  type Delivery,
  isTerminal,
  nextTicket,
  retryHeaders,
  statusEvent,
  workHeaders,
} from '@fanfare/domain';
import type { Serde } from './codec.ts';
import type { ConsumedRecord } from './consume.ts';
import type { OutgoingRecord } from './publish.ts';

/** The records of the journey that somebody encodes anew: work and status. */
export type JourneyRecords = {
  work(notification: Notification, ticket: ClaimTicket, traceparent?: string): OutgoingRecord;
  event(notification: Notification, delivery: Delivery): OutgoingRecord;
  /** What a row that nobody published yet asks for: an accepted one its delivery, an ended one its event. */
  promised(notification: Notification, delivery: Delivery, traceparent?: string): OutgoingRecord[];
};

/** @throws RegistryAway when the schemas' ids cannot be had */
export async function journeyRecords(serde: Serde): Promise<JourneyRecords> {
  const encodeNotification = await serde.encoder(notificationCodec);
  const encodeEvent = await serde.encoder(statusEventCodec);
  const work: JourneyRecords['work'] = (notification, ticket, traceparent) => ({
    topic: workTopicOf(notification),
    key: notification.id,
    value: encodeNotification(notification),
    headers: workHeaders(ticket, notification.correlation_id, traceparent),
    // The claim decides, in whatever order and partition the records of one notification come.
    unordered: true,
  });
  const event: JourneyRecords['event'] = (notification, delivery) => ({
    topic: STATUS_TOPIC,
    key: delivery.id,
    value: encodeEvent(statusEvent(notification, delivery)),
  });
  const promised: JourneyRecords['promised'] = (notification, delivery, traceparent) => {
    if (isTerminal(delivery.state)) return [event(notification, delivery)];
    if (delivery.state !== 'accepted') return [];
    return [work(notification, nextTicket(delivery), traceparent), event(notification, delivery)];
  };
  return { work, event, promised };
}

/** The record again, for its retry topic. */
export function retryRecord(
  record: ConsumedRecord,
  to: { channel: Channel; level: number; ticket: ClaimTicket; notBefore: number },
): OutgoingRecord {
  return {
    topic: retryTopic(to.channel, to.level),
    key: record.key,
    value: record.value,
    headers: retryHeaders(record, to.ticket, to.notBefore),
  };
}

/** The record again, for the dead letters. */
export function deadLetterRecord(
  record: ConsumedRecord,
  why: { reason: DeadLetterReason; message: string; channel: string | null; cycle: number },
): OutgoingRecord {
  return {
    topic: DEAD_LETTER_TOPIC,
    key: record.key,
    value: record.value,
    headers: deadLetterHeaders(record, why),
  };
}

/** So much of a value tells whose it was; the whole of it is where the letter's headers say, as long as Kafka keeps it. */
const HEAD_BYTES = 64 * 1024;
const KEY_BYTES_MAX = 1024;

/** What is kept of a letter that Kafka will not take whole. */
export function truncatedLetter({ topic, key, value, headers = {} }: OutgoingRecord): OutgoingRecord {
  const names = new Set<string>([...Object.values(DEAD_LETTER_HEADER), HEADER.cycle, HEADER.origin]);
  return {
    topic,
    key: key === null ? null : Buffer.from(key).subarray(0, KEY_BYTES_MAX),
    value: value?.subarray(0, HEAD_BYTES) ?? null,
    headers: {
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => names.has(name))),
      [DEAD_LETTER_HEADER.originalBytes]: String(value?.length ?? 0),
    },
  };
}

function workTopicOf({ channel, priority }: Notification): string {
  const [knownChannel, knownPriority] = [
    CHANNELS.find((name) => name === channel),
    PRIORITIES.find((name) => name === priority),
  ];
  if (knownChannel === undefined || knownPriority === undefined)
    throw new Error(`no work topic for ${channel}/${priority}: only validated notifications are published`);
  return workTopic(knownChannel, knownPriority);
}
