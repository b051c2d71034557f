import type { Channel } from '@fanfare/contracts';
import { parseTemplate, renderTemplate, type Template, valueFaults } from './template.ts';
import { isUnstorable } from './text.ts';
import {
  contentFault,
  type ContentLimits,
  type Draft,
  type Fault,
  HTML_LENGTH_MAX,
  htmlFault,
  SUBJECT_LENGTH_MAX,
  subjectFault,
  type Validated,
} from './validation.ts';

/** The texts of a template as its author wrote them. Of channels other than email it has a body alone. */
export type TemplateTexts = { body: string; subject: string | null; html: string | null };

/** What a notification is rendered from. */
export type ContentTemplate = {
  channel: Channel;
  body: Template;
  subject: Template | null;
  html: Template | null;
};

/** Reads the texts of a template, and says everything that is wrong with them at once, with line and column. */
export function parseContentTemplate(channel: Channel, texts: TemplateTexts): Validated<ContentTemplate> {
  const faults: Fault[] = [];
  const parse = (field: keyof TemplateTexts): Template | null => {
    const text = texts[field];
    if (text === null) return null;
    const wrong = field !== 'body' && channel !== 'email' ? ['is for email alone'] : textFaults(field, text);
    const parsed = wrong.length > 0 ? null : parseTemplate(text);
    if (parsed?.ok === true) return parsed.template;
    const messages = parsed === null ? wrong : parsed.faults.map(tell);
    faults.push(...messages.map((message) => ({ field, message, type: 'invalid-template' as const })));
    return null;
  };
  const [body, subject, html] = [parse('body'), parse('subject'), parse('html')];
  return body === null || faults.length > 0
    ? { ok: false, faults }
    : { ok: true, value: { channel, body, subject, html } };
}

function textFaults(field: keyof TemplateTexts, text: string): string[] {
  if (text.trim() === '') return ['must not be blank'];
  if (isUnstorable(text)) return ['must not hold NUL or half of a surrogate pair'];
  return field === 'subject' && /\p{Cc}/u.test(text) ? ['must be one line without control characters'] : [];
}

function tell({ line, column, message }: { line: number; column: number; message: string }): string {
  return `line ${line}, column ${column}: ${message}`;
}

/** The names in a template, each once, in the order of their first place. */
export function namesIn({ body, subject, html }: ContentTemplate): string[] {
  return [...new Set([...body.names, ...(subject?.names ?? []), ...(html?.names ?? [])])];
}

/**
 * The draft with what its template says in place of its content, and of its subject and HTML if the template has them.
 * Every value that is missing is a fault; what comes out is held to the limits of its channel.
 * @param template the one the draft names, null when there is none
 */
export function renderDraft(
  draft: Draft,
  template: ContentTemplate | null,
  limits: ContentLimits,
): Validated<Draft> {
  if (template?.channel !== draft.channel) return { ok: false, faults: [noTemplate(draft.channel)] };
  const variables = draft.template_variables ?? {};
  const missing = missingIn(template, variables);
  if (missing.length > 0) return { ok: false, faults: missing };
  const render = (text: Template, codePointsMax: number, isHtml: boolean): string =>
    // Twice as many code units are more code points in any case.
    renderTemplate(text, variables, { isHtml, lengthMax: 2 * codePointsMax });
  const limit = limits[draft.channel];
  const content = render(template.body, limit, false);
  const subject = template.subject === null ? null : render(template.subject, SUBJECT_LENGTH_MAX, false);
  const html = template.html === null ? null : render(template.html, HTML_LENGTH_MAX, true);
  const faults = [
    ...faultsOf('content', contentFault(content, limit)),
    ...faultsOf('subject', subject === null ? null : subjectFault(subject)),
    ...faultsOf('html', html === null ? null : htmlFault(html)),
  ];
  if (faults.length > 0) return { ok: false, faults };
  return {
    ok: true,
    value: { ...draft, content, subject: subject ?? draft.subject, html: html ?? draft.html },
  };
}

function noTemplate(channel: Channel): Fault {
  return { field: 'template_id', message: `names no template for ${channel}`, type: 'unknown-template' };
}

function missingIn({ body, subject, html }: ContentTemplate, variables: Record<string, unknown>): Fault[] {
  const texts = [body, subject, html].filter((text) => text !== null);
  const found = texts.flatMap((text) => valueFaults(text, variables));
  const byName = new Map(found.map(({ name, message }) => [name, message]));
  return [...byName].map(([name, message]) => ({
    field: `template_variables.${name}`,
    message,
    type: 'template-render-failed',
  }));
}

function faultsOf(field: string, wrong: string | null): Fault[] {
  return wrong === null ? [] : [{ field, message: `as rendered, ${wrong}`, type: 'invalid-content' }];
}
