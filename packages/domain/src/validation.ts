import {
  type Channel,
  CHANNELS,
  DELIVERY_MODES,
  type DeliveryMode,
  type FieldError,
  PRIORITIES,
  type Priority,
} from '@fanfare/contracts';
import { recipientFault } from './recipient.ts';

/** Content limits in code points by channel. */
export type ContentLimits = Record<Channel, number>;
export const DEFAULT_CONTENT_LIMITS: ContentLimits = { sms: 160, email: 10_000, push: 500 };

export const METADATA_BYTES_MAX = 8 * 1024;
export const MAX_ATTEMPTS_DEFAULT = 5;
const MAX_ATTEMPTS_LIMIT = 10;
const SCHEDULE_AHEAD_MAX_MS = 366 * 24 * 60 * 60 * 1000;

/** A notification that passed validation. Times are epoch milliseconds; metadata and variables are JSON objects. */
export type Draft = {
  channel: Channel;
  recipient: string;
  content: string | null;
  priority: Priority;
  template_id: string | null;
  template_variables: Record<string, unknown> | null;
  metadata: Record<string, unknown> | null;
  scheduled_at: number | null;
  expires_at: number | null;
  max_attempts: number;
  delivery_mode: DeliveryMode;
};

export type Fault = FieldError & { type: ProblemType };
export type ProblemType = 'invalid-request' | 'invalid-channel' | 'invalid-recipient' | 'invalid-content';
export type Validated<T> = { ok: true; value: T } | { ok: false; faults: Fault[] };

export type ValidationRules = {
  limits: ContentLimits;
  /** Epoch milliseconds. */
  now: number;
  /** REST refuses fields it does not know, so that a misspelt one is noticed; records on Kafka may carry more. */
  unknownFields: 'refuse' | 'ignore';
};

const FIELDS = new Set([
  'channel',
  'recipient',
  'content',
  'priority',
  'template_id',
  'template_variables',
  'metadata',
  'scheduled_at',
  'expires_at',
  'max_attempts',
  'delivery_mode',
]);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks one notification as a client or producer gave it, and says everything that is wrong with it at once. */
export function validateNotification(input: unknown, rules: ValidationRules): Validated<Draft> {
  const faults: Fault[] = [];
  const fault: AddFault = (field, message, type = 'invalid-request') => faults.push({ field, message, type });
  if (!isRecord(input))
    return { ok: false, faults: [{ field: '', message: 'must be an object', type: 'invalid-request' }] };
  if (rules.unknownFields === 'refuse')
    for (const key in input) if (!FIELDS.has(key)) fault(key, 'is not a field of a notification');
  const channel = oneOf(CHANNELS, input, 'channel', null, 'invalid-channel', fault);
  const template_id = templateId(input, fault);
  const draft = {
    recipient: recipient(input, channel, fault),
    content: content(input, channel, template_id !== null, rules.limits, fault),
    priority: oneOf(PRIORITIES, input, 'priority', 'normal', 'invalid-request', fault) ?? 'normal',
    template_id,
    template_variables: object(input, 'template_variables', fault),
    metadata: object(input, 'metadata', fault),
    ...times(input, rules.now, fault),
    max_attempts: maxAttempts(input, fault),
    delivery_mode:
      oneOf(DELIVERY_MODES, input, 'delivery_mode', 'at_least_once', 'invalid-request', fault) ??
      'at_least_once',
  };
  return channel === null || faults.length > 0
    ? { ok: false, faults }
    : { ok: true, value: { channel, ...draft } };
}

type Input = Record<string, unknown>;
type AddFault = (field: string, message: string, type?: ProblemType) => void;

/** Absent and null are the same, so that an answer of ours can be sent back as a request. */
function given(input: Input, field: string): unknown {
  return Object.hasOwn(input, field) ? (input[field] ?? undefined) : undefined;
}

function oneOf<T extends string>(
  known: readonly T[],
  input: Input,
  field: string,
  otherwise: T | null,
  type: ProblemType,
  fault: AddFault,
): T | null {
  const value = given(input, field);
  if (value === undefined && otherwise !== null) return otherwise;
  const found = known.find((name) => name === value);
  if (found === undefined) fault(field, `must be one of ${known.join(', ')}`, type);
  return found ?? null;
}

function recipient(input: Input, channel: Channel | null, fault: AddFault): string {
  const value = given(input, 'recipient');
  if (typeof value !== 'string') fault('recipient', 'must be a string', 'invalid-recipient');
  else {
    const wrong = channel === null ? null : recipientFault(channel, value);
    if (wrong !== null) fault('recipient', wrong, 'invalid-recipient');
  }
  return typeof value === 'string' ? value : '';
}

function content(
  input: Input,
  channel: Channel | null,
  hasTemplate: boolean,
  limits: ContentLimits,
  fault: AddFault,
): string | null {
  const value = given(input, 'content');
  if (value === undefined && hasTemplate) return null;
  if (typeof value !== 'string') fault('content', 'must be a string', 'invalid-content');
  else {
    const wrong = contentFault(value, channel === null ? Infinity : limits[channel]);
    if (wrong !== null) fault('content', wrong, 'invalid-content');
  }
  return typeof value === 'string' ? value : null;
}

/** What is wrong with a content of at most `limit` code points, or null. */
export function contentFault(value: string, limit: number): string | null {
  if (value.trim() === '') return 'must not be blank';
  if (isUnstorable(value)) return 'must not hold NUL or half of a surrogate pair';
  // A string has at least half as many code points as code units: count them only when it matters.
  if (value.length > limit && codePoints(value) > limit) return `must be at most ${limit} code points long`;
  return null;
}

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

/** PostgreSQL stores no NUL, and half of a surrogate pair has no UTF-8. */
function isUnstorable(value: string): boolean {
  return value.includes('\0') || !value.isWellFormed();
}

function templateId(input: Input, fault: AddFault): string | null {
  const value = given(input, 'template_id');
  if (value !== undefined && !isUuid(value)) fault('template_id', 'must be a UUID');
  return isUuid(value) ? value : null;
}

function object(input: Input, field: 'metadata' | 'template_variables', fault: AddFault): Input | null {
  const value = given(input, field);
  if (value === undefined) return null;
  const wrong = objectFault(value);
  if (wrong !== null) fault(field, wrong);
  return isRecord(value) ? value : null;
}

/** What is wrong with a JSON object that clients attach, or null. */
export function objectFault(value: unknown): string | null {
  if (!isRecord(value)) return 'must be an object';
  const text = safeJson(value);
  if (text === null) return 'must not be nested so deeply';
  if (utf8Bytes(text) > METADATA_BYTES_MAX) return `must be at most ${METADATA_BYTES_MAX} bytes of JSON`;
  // JSON.stringify writes NUL and lone surrogates as escapes, which PostgreSQL's jsonb refuses.
  return /\\u(?:0000|d[89a-f])/.test(text) ? 'must not hold NUL or half of a surrogate pair' : null;
}

/** JSON text, or null where nesting is too deep for it. */
function safeJson(value: Input): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is four bytes: two for each half.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}

function maxAttempts(input: Input, fault: AddFault): number {
  const value = given(input, 'max_attempts');
  if (value === undefined) return MAX_ATTEMPTS_DEFAULT;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_ATTEMPTS_LIMIT)
    return value;
  fault('max_attempts', `must be a whole number from 1 to ${MAX_ATTEMPTS_LIMIT}`);
  return MAX_ATTEMPTS_DEFAULT;
}

function times(input: Input, now: number, fault: AddFault): Pick<Draft, 'scheduled_at' | 'expires_at'> {
  const scheduled = time(input, 'scheduled_at', fault);
  const expires_at = time(input, 'expires_at', fault);
  // In the past is now.
  const scheduled_at = scheduled !== null && scheduled > now ? scheduled : null;
  if (scheduled_at !== null && scheduled_at > now + SCHEDULE_AHEAD_MAX_MS)
    fault('scheduled_at', 'must be at most 1 year ahead');
  if (expires_at !== null && expires_at <= now) fault('expires_at', 'must lie in the future');
  else if (expires_at !== null && scheduled_at !== null && expires_at <= scheduled_at)
    fault('expires_at', 'must lie after scheduled_at');
  return { scheduled_at, expires_at };
}

/** RFC 3339 text, or epoch milliseconds as Avro's timestamp-millis gives them. */
function time(input: Input, field: 'scheduled_at' | 'expires_at', fault: AddFault): number | null {
  const value = given(input, field);
  if (value === undefined) return null;
  const ms = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : value;
  if (typeof ms === 'number' && Number.isSafeInteger(ms)) return ms;
  fault(field, 'must be an RFC 3339 time such as 2030-01-31T09:00:00Z');
  return null;
}
