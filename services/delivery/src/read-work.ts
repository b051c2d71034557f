import {
  type Channel,
  type DeadLetterReason,
  HEADER,
  type Notification,
  notificationCodec,
  parseWorkTopic,
} from '@fanfare/contracts';
import type { Accepted } from '@fanfare/db';
import {
  type ContentLimits,
  type Draft,
  type Fault,
  isOwn,
  isRecord,
  isUuid,
  validateNotification,
} from '@fanfare/domain';
import { type ConsumedRecord, type Serde, Undecodable } from '@fanfare/kafka';

/** A record of a work topic, read: a notification to deliver, or the reason why it never can be. */
export type Work =
  | { kind: 'own'; notification: Notification }
  | { kind: 'foreign'; notification: Notification; accepted: Accepted }
  | { kind: 'unusable'; reason: DeadLetterReason; message: string };

export type ReadWorkDeps = {
  decode: (bytes: Buffer | null) => ReturnType<Serde['decode']>;
  limits: ContentLimits;
  now: () => number;
};

/** What a producer service may hand us in one record; with our own, which REST bounds, retries stay far below 1 MiB. */
const FOREIGN_BYTES_MAX = 256 * 1024;

/** @throws RegistryAway when the record's schema cannot be had now */
export async function readWork(deps: ReadWorkDeps, record: ConsumedRecord): Promise<Work> {
  const isOurs = isOwn(record.headers);
  if (!isOurs && (record.value?.length ?? 0) > FOREIGN_BYTES_MAX)
    return unusable('too_large', `a record may be at most ${FOREIGN_BYTES_MAX} bytes`);
  try {
    const { value } = await deps.decode(record.value);
    return isOurs ? own(value) : foreign(deps, record, value);
  } catch (error) {
    if (error instanceof Undecodable) return unusable('undecodable', error.message);
    throw error;
  }
}

function unusable(reason: DeadLetterReason, message: string): Work {
  return { kind: 'unusable', reason, message };
}

/** What we wrote was validated before; the codec has checked its shape. */
function own(value: unknown): Work {
  return isNotification(value)
    ? { kind: 'own', notification: value }
    : unusable('undecodable', 'a record of ours is not in Avro');
}

function isNotification(value: unknown): value is Notification {
  return notificationCodec.type.isValid(value);
}

function foreign({ limits, now }: ReadWorkDeps, record: ConsumedRecord, value: unknown): Work {
  const lane = parseWorkTopic(record.topic);
  if (lane === null || !isRecord(value)) return unusable('invalid', 'the value is not an object');
  // The topic says the channel and priority of a record that does not.
  const input = { ...lane, ...withoutNulls(value), ...parsedObjects(value) };
  const validated = validateNotification(input, { limits, now: now(), unknownFields: 'ignore' });
  const faults = [...(validated.ok ? [] : validated.faults), ...foreignFaults(input, lane)];
  if (!validated.ok || faults.length > 0) return unusable('invalid', tellFaults(faults));
  return adoptable(validated.value, input, record);
}

function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

/** Avro has no free-form objects: there they are JSON text. */
function parsedObjects(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    ['metadata', 'template_variables'].flatMap((field) => {
      const text = value[field];
      return typeof text === 'string' ? [[field, parseJson(text)]] : [];
    }),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

type Lane = { channel: Channel; priority: string };

function foreignFaults(input: Record<string, unknown>, lane: Lane): Fault[] {
  const wrong: [boolean, string, string][] = [
    [!isUuid(input['id']), 'id', 'must be a UUID'],
    [input['channel'] !== lane.channel, 'channel', `must be ${lane.channel}, the topic's`],
    [input['priority'] !== lane.priority, 'priority', `must be ${lane.priority}, the topic's`],
    [input['template_id'] !== undefined, 'template_id', 'names no template'],
  ];
  return wrong.flatMap(([isWrong, field, message]) =>
    isWrong ? [{ field, message, type: 'invalid-request' as const }] : [],
  );
}

function tellFaults(faults: Fault[]): string {
  return faults.map(({ field, message }) => `${field} ${message}`.trim()).join('; ');
}

function adoptable(draft: Draft, input: Record<string, unknown>, record: ConsumedRecord): Work {
  const id = String(input['id']).toLowerCase();
  const text = (field: string): string | null => {
    const value = input[field];
    return typeof value === 'string' && value.length <= 255 ? value : null;
  };
  const accepted: Accepted = {
    draft,
    id,
    tenant_id: 'default',
    batch_id: null,
    correlation_id: text('correlation_id') ?? record.headers[HEADER.correlationId] ?? null,
    idempotency_key: text('idempotency_key'),
    source: text('source'),
  };
  return { kind: 'foreign', accepted, notification: notificationOf(accepted, record.timestampMs) };
}

function notificationOf({ draft, ...identity }: Accepted, at: number): Notification {
  return {
    ...draft,
    ...identity,
    template_variables: null,
    metadata: draft.metadata === null ? null : JSON.stringify(draft.metadata),
    created_at: at,
  };
}
