import { type DeadLetterReason, journey, type Notification, notificationCodec } from '@fanfare/contracts';
import { type Accepted, notificationOf } from '@fanfare/db';
import { type ContentLimits, isOwn, isRecord, isUuid, readAppendedAt } from '@fanfare/domain';
import { type ConsumedRecord, type Serde, Undecodable } from '@fanfare/kafka';
import { readForeign } from './foreign-record.ts';

/** A record of a work topic, read: a notification to deliver, or the reason why it never can be. */
export type Work =
  | { kind: 'own'; notification: Notification }
  | { kind: 'foreign'; notification: Notification; accepted: Accepted }
  | { kind: 'unusable'; reason: DeadLetterReason; message: string };

export type ReadWorkDeps = {
  decode: (bytes: Buffer | null) => ReturnType<Serde['decode']>;
  limits: ContentLimits;
  /** Epoch milliseconds. */
  now: () => number;
};

/**
 * What a producer service may hand us in one record, headers and all; with our own, which REST bounds, whatever is made
 * of a record stays far below the 1 MiB that Kafka takes.
 */
const FOREIGN_BYTES_MAX = 256 * 1024;

/** @throws RegistryAway when the record's schema cannot be had now */
export async function readWork(deps: ReadWorkDeps, record: ConsumedRecord): Promise<Work> {
  const isOurs = isOwn(record.headers);
  const refusal = isOurs ? null : refuseUnread(record, deps.now());
  if (refusal !== null) return refusal;
  try {
    const { value } = await deps.decode(record.value);
    if (!isOurs) return foreign(deps.limits, record, value);
    const appendedAtMs = readAppendedAt(record.headers);
    return appendedAtMs === null ? readOwn(value) : readAgain(deps.limits, record, value, appendedAtMs);
  } catch (error) {
    if (error instanceof Undecodable) return unusable('undecodable', error.message);
    throw error;
  }
}

/**
 * A foreign record that is older than its topic's retention may be one that was delivered, and its row removed, long
 * ago: Kafka drops whole segments only.
 */
function refuseUnread(record: ConsumedRecord, now: number): Work | null {
  if (sizeOf(record) > FOREIGN_BYTES_MAX)
    return unusable('too_large', `a record may be at most ${FOREIGN_BYTES_MAX} bytes`);
  if (record.timestampMs < now - journey.work.retentionMs)
    return unusable('too_old', 'it is older than its topic keeps records');
  return null;
}

function sizeOf({ key, value, headers }: ConsumedRecord): number {
  const texts = Object.entries(headers).flat();
  return (key?.length ?? 0) + (value?.length ?? 0) + Buffer.byteLength(texts.join(''));
}

function unusable(reason: DeadLetterReason, message: string): Work {
  return { kind: 'unusable', reason, message };
}

/** What we wrote was validated before; what only claims to be ours must at least have our shape. */
function readOwn(value: unknown): Work {
  return isNotification(value)
    ? { kind: 'own', notification: value }
    : unusable('undecodable', 'a record of ours is not a notification in Avro');
}

function isNotification(value: unknown): value is Notification {
  return notificationCodec.type.isValid(value) && isRecord(value) && isUuid(value['id']);
}

function foreign(limits: ContentLimits, record: ConsumedRecord, value: unknown): Work {
  const read = readForeign(limits, record, value);
  if (!read.ok) return unusable('invalid', read.message);
  const { accepted } = read;
  const notification = notificationOf(accepted, record.timestampMs);
  return { kind: 'foreign', accepted, notification: withoutContent(notification) };
}

/** What a template makes of it is in its row, rendered once; the record says only what it was asked to say. */
function withoutContent(notification: Notification): Notification {
  if (notification.template_id === null) return notification;
  return { ...notification, content: null, subject: null, html: null };
}

/** A foreign record on its retry: its row exists, but its bytes are still its producer's. */
function readAgain(
  limits: ContentLimits,
  record: ConsumedRecord,
  value: unknown,
  appendedAtMs: number,
): Work {
  const work = foreign(limits, { ...record, timestampMs: appendedAtMs }, value);
  return work.kind === 'foreign' ? { kind: 'own', notification: work.notification } : work;
}
