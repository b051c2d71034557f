import {
  type Channel,
  CHANNELS,
  DELIVERY_MODES,
  type DeliveryMode,
  type FieldError,
  PRIORITIES,
  type Priority,
} from '@fanfare/contracts';
import { isRecord, objectFault } from './json-object.ts';
import { recipientFault } from './recipient.ts';
import { parseRfc3339 } from './rfc3339.ts';
import { isLongerThan, isUnstorable } from './text.ts';

/** Content limits in code points by channel. */
export type ContentLimits = Record<Channel, number>;
export const DEFAULT_CONTENT_LIMITS: ContentLimits = { sms: 160, email: 10_000, push: 500 };

export const MAX_ATTEMPTS_DEFAULT = 5;
const MAX_ATTEMPTS_LIMIT = 10;
/** A header's line may be so long (RFC 5322, 2.1.1), if not in code points. */
export const SUBJECT_LENGTH_MAX = 998;
/**
 * Mail readers cut what is longer than 100 kB. At four bytes a code point, beside the longest content and metadata,
 * a record takes about half a request to Kafka.
 */
export const HTML_LENGTH_MAX = 100_000;
// A number below is a time before 1973: seconds, taken for milliseconds by mistake.
const EPOCH_MS_MIN = 100_000_000_000;
// The last that four digits of a year can say.
const EPOCH_MS_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** A body of nothing but unknown fields must not be answered with ten times its size. */
const UNKNOWN_FIELDS_TOLD_MAX = 100;

/** A notification that passed validation. Times are epoch milliseconds; metadata and variables are JSON objects. */
export type Draft = {
  channel: Channel;
  recipient: string;
  content: string | null;
  subject: string | null;
  html: string | null;
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
export type ProblemType =
  | 'invalid-request'
  | 'invalid-channel'
  | 'invalid-recipient'
  | 'invalid-content'
  | 'invalid-template'
  | 'unknown-template'
  | 'template-render-failed';
export type Validated<T> = { ok: true; value: T } | { ok: false; faults: Fault[] };

export type ValidationRules = {
  limits: ContentLimits;
  /**
   * Epoch milliseconds. For a record from Kafka the time it was appended, so that it says the same whenever it is
   * read again: what is past by then is for the claim to see.
   */
  now: number;
  /** REST refuses fields it does not know, so that a misspelt one is noticed; records on Kafka may carry more. */
  unknownFields: 'refuse' | 'ignore';
};

const FIELDS = new Set([
  'channel',
  'recipient',
  'content',
  'subject',
  'html',
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

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** Checks one notification as a client or producer gave it, and says everything that is wrong with it at once. */
export function validateNotification(input: unknown, rules: ValidationRules): Validated<Draft> {
  const faults: Fault[] = [];
  const fault: AddFault = (field, message, type = 'invalid-request') => faults.push({ field, message, type });
  if (!isRecord(input))
    return { ok: false, faults: [{ field: '', message: 'must be an object', type: 'invalid-request' }] };
  if (rules.unknownFields === 'refuse') refuseUnknownFields(input, fault);
  const channel = oneOf(CHANNELS, input, 'channel', null, 'invalid-channel', fault);
  const template_id = templateId(input, fault);
  const draft = {
    recipient: recipient(input, channel, fault),
    content: content(input, channel, template_id !== null, rules.limits, fault),
    subject: ofEmail(input, 'subject', channel, subjectFault, fault),
    html: ofEmail(input, 'html', channel, htmlFault, fault),
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

/**
 * Checks the `scheduled_at` of a notification that is to be rescheduled, by the rules of a new one. One in the past is
 * now.
 */
export function validateSchedule(input: Input, now: number): Validated<number> {
  const faults: Fault[] = [];
  const fault: AddFault = (field, message, type = 'invalid-request') => faults.push({ field, message, type });
  if (given(input, 'scheduled_at') === undefined) fault('scheduled_at', 'must be given');
  const { scheduled_at } = times({ scheduled_at: given(input, 'scheduled_at') }, now, fault);
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: scheduled_at ?? now };
}

type Input = Record<string, unknown>;
type AddFault = (field: string, message: string, type?: ProblemType) => void;

function refuseUnknownFields(input: Input, fault: AddFault): void {
  const unknown = Object.keys(input).filter((key) => !FIELDS.has(key));
  for (const key of unknown.slice(0, UNKNOWN_FIELDS_TOLD_MAX)) fault(key, 'is not a field of a notification');
}

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
  return isLongerThan(limit, value) ? `must be at most ${limit} code points long` : null;
}

function ofEmail(
  input: Input,
  field: 'subject' | 'html',
  channel: Channel | null,
  faultOf: (value: string) => string | null,
  fault: AddFault,
): string | null {
  const value = given(input, field);
  if (value === undefined) return null;
  const wrong = typeof value === 'string' ? faultOf(value) : 'must be a string';
  if (channel !== null && channel !== 'email') fault(field, 'is for email alone', 'invalid-content');
  else if (wrong !== null) fault(field, wrong, 'invalid-content');
  return typeof value === 'string' ? value : null;
}

export function subjectFault(value: string): string | null {
  return (
    contentFault(value, SUBJECT_LENGTH_MAX) ??
    (/\p{Cc}/u.test(value) ? 'must be one line without control characters' : null)
  );
}

export function htmlFault(value: string): string | null {
  return contentFault(value, HTML_LENGTH_MAX);
}

function templateId(input: Input, fault: AddFault): string | null {
  const value = given(input, 'template_id');
  if (value !== undefined && !isUuid(value)) fault('template_id', 'must be a UUID');
  return isUuid(value) ? value.toLowerCase() : null;
}

function object(input: Input, field: 'metadata' | 'template_variables', fault: AddFault): Input | null {
  const value = given(input, field);
  if (value === undefined) return null;
  const wrong = objectFault(value);
  if (wrong !== null) fault(field, wrong);
  return isRecord(value) ? value : null;
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
  if (scheduled_at !== null && scheduled_at > oneYearAfter(now))
    fault('scheduled_at', 'must be at most 1 year ahead');
  if (expires_at !== null && expires_at <= now) fault('expires_at', 'must lie in the future');
  else if (expires_at !== null && scheduled_at !== null && expires_at <= scheduled_at)
    fault('expires_at', 'must lie after scheduled_at');
  return { scheduled_at, expires_at };
}

function oneYearAfter(now: number): number {
  const date = new Date(now);
  return date.setUTCFullYear(date.getUTCFullYear() + 1);
}

/**
 * The moment that a field of a valid input names, however long ago, or null. A draft has forgotten a `scheduled_at`
 * that had passed when it was read.
 */
export function momentOf(input: Input, field: 'scheduled_at' | 'expires_at'): number | null {
  return time(input, field, () => {});
}

/** RFC 3339 text, or epoch milliseconds as Avro's timestamp-millis gives them. */
function time(input: Input, field: 'scheduled_at' | 'expires_at', fault: AddFault): number | null {
  const value = given(input, field);
  if (value === undefined) return null;
  const ms = typeof value === 'string' ? parseRfc3339(value) : epochMs(value);
  if (ms !== null && ms <= EPOCH_MS_MAX) return ms;
  fault(field, 'must be an RFC 3339 time such as 2030-01-31T09:00:00Z');
  return null;
}

function epochMs(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= EPOCH_MS_MIN ? value : null;
}
