import {
  type AddFault,
  type Channel,
  check,
  type DeliveryMode,
  type FieldError,
  type FieldProblem,
  fieldsOf,
  type NewNotification,
  type Priority,
  UUID,
} from '@fanfare/contracts';
import { isRecord, objectFault } from './json-object.ts';
import { recipientFault } from './recipient.ts';
import { parseRfc3339 } from './rfc3339.ts';
import { isLongerThan, isUnstorable } from './text.ts';

/** Content limits in code points by channel. */
export type ContentLimits = Record<Channel, number>;
export const DEFAULT_CONTENT_LIMITS: ContentLimits = { sms: 160, email: 10_000, push: 500 };

export const MAX_ATTEMPTS_DEFAULT = 5;
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
export type ProblemType = FieldProblem | 'unknown-template' | 'template-render-failed';
export type Validated<T> = { ok: true; value: T } | { ok: false; faults: Fault[] };

export type ValidationRules = {
  limits: ContentLimits;
  /**
   * Epoch milliseconds. For a record from Kafka the time it was appended, so that it says the same whenever it is
   * read again: what is past by then is for the claim to see.
   */
  now: number;
};

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** Checks one notification as a client gave it to REST, and says everything that is wrong with it at once. */
export function validateNotification(input: unknown, rules: ValidationRules): Validated<Draft> {
  return validate(input, isRecord(input) ? momentsOf(input) : NEVER, rules);
}

/**
 * Checks one as a producer wrote it to Kafka. REST refuses fields it does not know, so that a misspelt one is noticed; a
 * record may carry more. Its times may be epoch milliseconds, as Avro's timestamp-millis gives them.
 */
export function validateRecord(record: unknown, rules: ValidationRules): Validated<Draft> {
  return isRecord(record)
    ? validate(asRequest(record), momentsOf(record), rules)
    : validate(record, NEVER, rules);
}

function validate(input: unknown, moments: Moments, rules: ValidationRules): Validated<Draft> {
  const checked = check('NewNotification', input, (given, fault) => {
    applyRules(given, rules, fault);
    applyTimeRules(given, moments, rules.now, fault);
  });
  return checked.ok
    ? { ok: true, value: draftOf(checked.given, moments, rules.now) }
    : { ok: false, faults: checked.faults };
}

const FIELDS = fieldsOf('NewNotification');

/** The fields that REST has, without the times that are numbers. */
function asRequest(record: Input): Input {
  const request: Input = {};
  for (const field of FIELDS)
    if (Object.hasOwn(record, field) && !(isTime(field) && epochMs(record[field]) !== null))
      request[field] = record[field];
  return request;
}

type Input = Record<string, unknown>;

/** What schemas/openapi.yaml cannot say, of the fields that are as it says. Absent and null are the same. */
function applyRules(given: Partial<NewNotification>, { limits }: ValidationRules, fault: AddFault): void {
  const { channel, recipient, content, template_id } = given;
  const told = (field: keyof NewNotification, wrong: string | null): void => {
    if (wrong !== null) fault(field, wrong);
  };
  // Without a channel nobody can say what it takes.
  if (channel !== undefined && recipient !== undefined) told('recipient', recipientFault(channel, recipient));
  if (isGiven(content))
    told('content', contentFault(content, channel === undefined ? Infinity : limits[channel]));
  else if (!isGiven(template_id)) fault('content');
  if (isGiven(given.subject)) told('subject', emailFault(channel) ?? subjectFault(given.subject));
  if (isGiven(given.html)) told('html', emailFault(channel) ?? htmlFault(given.html));
  for (const field of ['template_variables', 'metadata'] as const)
    if (isGiven(given[field])) told(field, objectFault(given[field]));
}

/** So that an answer of ours can be sent back as a request. */
function isGiven<T>(value: T): value is T & {} {
  return value !== undefined && value !== null;
}

type Times = Pick<NewNotification, 'scheduled_at' | 'expires_at'>;

/** Epoch milliseconds; null of what is absent, or no time. */
export type Moments = Record<keyof Times, number | null>;

const NEVER: Moments = { scheduled_at: null, expires_at: null };

/** What is wrong with the times of a notification, or with the one that a scheduled notification is moved to. */
export function applyTimeRules(
  given: Times,
  { scheduled_at, expires_at }: Moments,
  now: number,
  fault: AddFault,
): void {
  if (isGiven(given.scheduled_at) && scheduled_at === null) fault('scheduled_at');
  if (isGiven(given.expires_at) && expires_at === null) fault('expires_at');
  if (scheduled_at !== null && scheduled_at > oneYearAfter(now))
    fault('scheduled_at', 'must be at most 1 year ahead');
  if (expires_at !== null && expires_at <= now) fault('expires_at', 'must lie in the future');
  else if (expires_at !== null && scheduled_at !== null && expires_at <= scheduled_at)
    fault('expires_at', 'must lie after scheduled_at');
}

function draftOf(given: NewNotification, { scheduled_at, expires_at }: Moments, now: number): Draft {
  return {
    channel: given.channel,
    recipient: given.recipient,
    content: given.content ?? null,
    subject: given.subject ?? null,
    html: given.html ?? null,
    priority: given.priority ?? 'normal',
    template_id: given.template_id?.toLowerCase() ?? null,
    template_variables: given.template_variables ?? null,
    metadata: given.metadata ?? null,
    // In the past is now.
    scheduled_at: scheduled_at !== null && scheduled_at > now ? scheduled_at : null,
    expires_at,
    max_attempts: given.max_attempts ?? MAX_ATTEMPTS_DEFAULT,
    delivery_mode: given.delivery_mode ?? 'at_least_once',
  };
}

/** What is wrong with a content of at most `limit` code points, or null. */
export function contentFault(value: string, limit: number): string | null {
  if (value.trim() === '') return 'must not be blank';
  if (isUnstorable(value)) return 'must not hold NUL or half of a surrogate pair';
  return isLongerThan(limit, value) ? `must be at most ${limit} code points long` : null;
}

function emailFault(channel: Channel | undefined): string | null {
  return channel === undefined || channel === 'email' ? null : 'is for email alone';
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

function oneYearAfter(now: number): number {
  const date = new Date(now);
  return date.setUTCFullYear(date.getUTCFullYear() + 1);
}

/** However long ago. A draft has forgotten a `scheduled_at` that had passed when it was read. */
export function momentsOf({ scheduled_at, expires_at }: Input): Moments {
  return { scheduled_at: momentOf(scheduled_at), expires_at: momentOf(expires_at) };
}

function momentOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? parseRfc3339(value) : epochMs(value);
  return ms !== null && ms <= EPOCH_MS_MAX ? ms : null;
}

function isTime(field: string): boolean {
  return field === 'scheduled_at' || field === 'expires_at';
}

function epochMs(value: unknown): number | null {
  const isMoment = typeof value === 'number' && Number.isSafeInteger(value);
  return isMoment && value >= EPOCH_MS_MIN && value <= EPOCH_MS_MAX ? value : null;
}
