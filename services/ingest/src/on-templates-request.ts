import { type Channel, CHANNELS } from '@fanfare/contracts';
import type { TemplateChange } from '@fanfare/db';
import { isUuid, namesIn, parseContentTemplate, type TemplateTexts, VARIABLE_NAME } from '@fanfare/domain';
import { type AddFault, type Input, oneOf, read, valueOf } from './request-fields.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;
const NAME_LENGTH_MAX = 255;
/** One line of printable code points. */
const NAME = new RegExp(String.raw`^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,${NAME_LENGTH_MAX}}$`, 'u');
const VARIABLES_MAX = 1_000;

export type TemplateRequest = TemplateChange & { name: string; channel: Channel };
export type TemplatesListRequest = { channel: Channel | null; limit: number; before: string | null };

/** @throws ProblemError with every fault of the body at once */
export function readNewTemplate(body: unknown): TemplateRequest {
  return read(body, ({ input, fault }) => {
    const channel = oneOf(CHANNELS, input, 'channel', fault, 'invalid-channel');
    if (channel === null && valueOf(input, 'channel') === undefined)
      fault('channel', `must be one of ${CHANNELS.join(', ')}`, 'invalid-channel');
    const given = name(input, fault);
    if (given === null && valueOf(input, 'name') === undefined) fault('name', 'must be a string');
    return { ...content(input, channel, fault), name: given ?? '', channel: channel ?? 'sms' };
  });
}

/**
 * The next version of a template. Its channel stays, and its name unless there is another.
 * @throws ProblemError with every fault of the body at once
 */
export function readTemplateChange(body: unknown, present: { channel: Channel }): TemplateChange {
  return read(body, ({ input, fault }) => {
    const channel = oneOf(CHANNELS, input, 'channel', fault, 'invalid-channel') ?? present.channel;
    if (channel !== present.channel)
      fault('channel', `is ${present.channel}, and cannot be changed`, 'invalid-channel');
    return { ...content(input, present.channel, fault), name: name(input, fault) };
  });
}

/** @throws ProblemError with every fault of the query at once */
export function readTemplateList(query: unknown): TemplatesListRequest {
  return read(query, ({ input, fault }) => ({
    channel: oneOf(CHANNELS, input, 'channel', fault, 'invalid-channel'),
    limit: limit(input, fault),
    before: position(input, fault),
  }));
}

/** Where the next page goes on: opaque to clients. */
export function templateCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function name(input: Input, fault: AddFault): string | null {
  const value = valueOf(input, 'name');
  if (value === undefined) return null;
  if (typeof value === 'string' && NAME.test(value) && value.trim() !== '') return value;
  fault('name', `must be one line of 1 to ${NAME_LENGTH_MAX} printable characters, and not blank`);
  return null;
}

function content(input: Input, channel: Channel | null, fault: AddFault): Omit<TemplateChange, 'name'> {
  const body = text(input, 'body', fault);
  if (body === null && valueOf(input, 'body') === undefined) fault('body', 'must be a string');
  const texts = {
    body: body ?? '',
    subject: text(input, 'subject', fault),
    html: text(input, 'html', fault),
  };
  const declared = variables(input, fault);
  // Without a channel nobody can say what it may have, and without a body there is none.
  const used = channel === null || body === null ? [] : namesOf(channel, texts, fault);
  return { ...texts, variables: [...new Set([...declared, ...used])] };
}

function text(input: Input, field: keyof TemplateTexts, fault: AddFault): string | null {
  const value = valueOf(input, field);
  if (value === undefined || typeof value === 'string') return value ?? null;
  fault(field, 'must be a string');
  return null;
}

function namesOf(channel: Channel, texts: TemplateTexts, fault: AddFault): string[] {
  const parsed = parseContentTemplate(channel, texts);
  if (parsed.ok) return namesIn(parsed.value);
  for (const { field, message, type } of parsed.faults) fault(field, message, type);
  return [];
}

/** Those that its author lists, whether or not a placeholder is there for each. */
function variables(input: Input, fault: AddFault): string[] {
  const value = valueOf(input, 'variables') ?? [];
  const names = Array.isArray(value) ? value.filter((member) => isVariableName(member)) : [];
  if (!Array.isArray(value) || names.length !== value.length || names.length > VARIABLES_MAX)
    fault('variables', `must be an array of at most ${VARIABLES_MAX} names of A-Z, a-z, 0-9 and _`);
  return names;
}

const VARIABLE_LENGTH_MAX = 255;

function isVariableName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= VARIABLE_LENGTH_MAX && VARIABLE_NAME.test(value);
}

function limit(input: Input, fault: AddFault): number {
  const value = valueOf(input, 'limit');
  const number =
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : (value ?? LIMIT_DEFAULT);
  if (typeof number === 'number' && number >= 1 && number <= LIMIT_MAX) return number;
  fault('limit', `must be a whole number from 1 to ${LIMIT_MAX}`);
  return LIMIT_DEFAULT;
}

function position(input: Input, fault: AddFault): string | null {
  const value = valueOf(input, 'cursor');
  if (value === undefined) return null;
  const hex = typeof value === 'string' ? Buffer.from(value, 'base64url').toString('hex') : '';
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (isUuid(id)) return id;
  fault('cursor', 'must be the next_cursor of a page before');
  return null;
}
