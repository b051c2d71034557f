import { createHash } from 'node:crypto';
import { type Channel, HEADER, parseWorkTopic, type Priority } from '@fanfare/contracts';
import type { Accepted } from '@fanfare/db';
import { type ContentLimits, type Fault, isRecord, isUuid, momentsOf, validateRecord } from '@fanfare/domain';
import type { ConsumedRecord } from '@fanfare/kafka';

export type ForeignRecord = { ok: true; accepted: Accepted } | { ok: false; message: string };

type Input = Record<string, unknown>;
type Lane = { channel: Channel; priority: Priority };

/** Of producer, correlation id and idempotency key, in code units: what REST allows, and a little more. */
const TEXT_LENGTH_MAX = 255;

/**
 * A notification that a producer wrote straight to Kafka, checked by the rules of REST as of the moment it was
 * appended: one that has expired since then is not wrong, but expired.
 */
export function readForeign(limits: ContentLimits, record: ConsumedRecord, value: unknown): ForeignRecord {
  const lane = parseWorkTopic(record.topic);
  if (lane === null || !isRecord(value)) return { ok: false, message: 'the value is not an object' };
  const input = inputOf(value, lane);
  const validated = validateRecord(input, { limits, now: record.timestampMs });
  const faults = [...(validated.ok ? [] : validated.faults), ...ownFaults(input, lane)];
  if (!validated.ok || faults.length > 0) return { ok: false, message: tell(faults) };
  return {
    ok: true,
    accepted: {
      draft: { ...validated.value, priority: lane.priority },
      // A copy that comes after its time says the same as the first one did.
      asked: { scheduled_at: momentsOf(input).scheduled_at },
      id: idOf(input) ?? '',
      tenant_id: 'default',
      batch_id: null,
      correlation_id: text(input, 'correlation_id') ?? text(record.headers, HEADER.correlationId),
      idempotency_key: text(input, 'idempotency_key'),
      source: text(input, 'source'),
    },
  };
}

/**
 * The topic says the channel of a record that does not, and the priority of every record: in Avro one that was left out
 * cannot be told from `normal`. Avro has no free-form objects, but JSON text.
 */
function inputOf(value: Input, lane: Lane): Input {
  const given = Object.entries(value).filter(([, member]) => member !== null);
  const input: Input = { ...lane, ...Object.fromEntries(given) };
  for (const field of ['metadata', 'template_variables'])
    if (typeof input[field] === 'string') input[field] = parseJson(input[field]);
  return input;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

function ownFaults(input: Input, lane: Lane): Fault[] {
  const wrong: [boolean, string, string][] = [
    [idOf(input) === null, 'id', 'must be a UUID, or be left out beside source and idempotency_key'],
    [input['channel'] !== lane.channel, 'channel', `must be ${lane.channel}, the topic's`],
  ];
  return wrong.flatMap(([isWrong, field, message]) =>
    isWrong ? [{ field, message, type: 'invalid-request' as const }] : [],
  );
}

/**
 * Its own, or one that follows from who sends it and under which key: the same pair is the same notification. In Avro
 * an id that is left out is empty.
 */
function idOf(input: Input): string | null {
  const { id = '' } = input;
  if (isUuid(id)) return id.toLowerCase();
  const [source, key] = [text(input, 'source'), text(input, 'idempotency_key')];
  return id !== '' || source === null || key === null ? null : uuidOf(JSON.stringify([source, key]));
}

/** The namespace of our name-based ids. */
const NAMESPACE = Buffer.from('3d8a4a0e6f0b4d5e9c1b7f25a6c8e0d4', 'hex');

/** A version 5 UUID (RFC 9562, 5.5) of a name. */
function uuidOf(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function text(input: Input, field: string): string | null {
  const value = input[field];
  return typeof value === 'string' && value !== '' && value.length <= TEXT_LENGTH_MAX ? value : null;
}

export function tell(faults: Fault[]): string {
  return faults.map(({ field, message }) => `${field} ${message}`.trim()).join('; ');
}
