import type { AddFault, Channel } from '@fanfare/contracts';
import type { TemplateChange } from '@fanfare/db';
import { isUuid, namesIn, parseContentTemplate, type TemplateTexts } from '@fanfare/domain';
import { isLine, readBody, readQuery } from './request.ts';

export type TemplateRequest = TemplateChange & { name: string; channel: Channel };
export type TemplatesListRequest = { channel: Channel | null; limit: number; before: string | null };

/** @throws ProblemError with every fault of the body at once */
export function readNewTemplate(body: unknown): TemplateRequest {
  const given = readBody('NewTemplate', body, (asked, fault) => applyTextRules(asked.channel, asked, fault));
  const { channel, name } = given;
  return { channel, name, ...contentOf(channel, given) };
}

/**
 * The next version of a template. Its channel stays, and its name unless there is another.
 * @throws ProblemError with every fault of the body at once
 */
export function readTemplateChange(body: unknown, { channel }: { channel: Channel }): TemplateChange {
  const given = readBody('TemplateChange', body, (asked, fault) => {
    if ((asked.channel ?? channel) !== channel) fault('channel', `is ${channel}, and cannot be changed`);
    applyTextRules(channel, asked, fault);
  });
  return { name: given.name ?? null, ...contentOf(channel, given) };
}

/** @throws ProblemError with every fault of the query at once */
export function readTemplateList(query: unknown): TemplatesListRequest {
  const given = readQuery('ListTemplatesQuery', query, ({ cursor }, fault) => {
    if (cursor !== undefined && idAt(cursor) === null) fault('cursor');
  });
  return { channel: given.channel ?? null, limit: given.limit, before: idAt(given.cursor ?? '') };
}

/** Where the next page goes on: opaque to clients. */
export function templateCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function idAt(cursor: string): string | null {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isUuid(id) ? id : null;
}

type Texts = { body: string; subject?: string | null; html?: string | null };

/** Without a channel nobody can say what it may have, and without a body there is none. */
function applyTextRules(
  channel: Channel | undefined,
  { name, body, ...texts }: Partial<Texts> & { name?: string | null },
  fault: AddFault,
): void {
  if (!isLine(name)) fault('name');
  if (channel === undefined || body === undefined) return;
  const parsed = parseContentTemplate(channel, textsOf({ body, ...texts }));
  if (!parsed.ok) for (const { field, message } of parsed.faults) fault(field, message);
}

/** Of its variables, those that its author lists come first, whether or not there is a placeholder for each. */
function contentOf(
  channel: Channel,
  given: Texts & { variables?: string[] | null },
): Omit<TemplateChange, 'name'> {
  const texts = textsOf(given);
  const parsed = parseContentTemplate(channel, texts);
  const used = parsed.ok ? namesIn(parsed.value) : [];
  return { ...texts, variables: [...new Set([...(given.variables ?? []), ...used])] };
}

function textsOf({ body, subject = null, html = null }: Texts): TemplateTexts {
  return { body, subject, html };
}
