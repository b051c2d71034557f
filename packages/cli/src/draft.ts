import { CHANNELS, PRIORITIES } from '@fanfare/contracts';
import { type Flag, type Given, UsageError } from './command.ts';
import { moment } from './moment.ts';
import type { Draft } from './notifications-api.ts';

/** What a notification says, as flags. */
export const DRAFT_FLAGS = {
  channel: { value: 'CHANNEL', help: `One of ${CHANNELS.join(', ')}` },
  to: { value: 'RECIPIENT', help: 'A number such as +15550100, a mail address or a push token' },
  content: { value: 'TEXT', help: 'What it says' },
  subject: { value: 'TEXT', help: 'Of an e-mail' },
  html: { value: 'HTML', help: 'Of an e-mail, the same as its content' },
  priority: { value: 'PRIORITY', help: `One of ${PRIORITIES.join(', ')}; normal unless told` },
  template: { value: 'ID', help: 'Of a template, which says what it says' },
  var: { value: 'NAME=VALUE', isMany: true, help: 'A value for the template; as often as it has names' },
  metadata: { value: 'KEY=VALUE', isMany: true, help: 'What you want to find again with it' },
  at: { value: 'TIME', help: 'Not before: 10m, 2h (from now), 2030-01-31, 2030-01-31T09:00:00Z' },
  expires: { value: 'TIME', help: 'Not after' },
} satisfies Record<string, Flag>;

/** What the flags say, by the names of the API's fields. What is wrong with it, the API knows. */
export function draftOf({ texts, lists }: Given, nowMs: number): Draft {
  const draft: Draft = {
    channel: texts['channel'],
    recipient: texts['to'],
    content: texts['content'],
    subject: texts['subject'],
    html: texts['html'],
    priority: texts['priority'],
    template_id: texts['template'],
    template_variables: pairs('var', lists['var']),
    metadata: pairs('metadata', lists['metadata']),
    scheduled_at: time(texts['at'], nowMs),
    expires_at: time(texts['expires'], nowMs),
  };
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}

function pairs(flag: string, texts: string[] | undefined): Record<string, string> | undefined {
  return texts && Object.fromEntries(texts.map((text) => pair(flag, text)));
}

function pair(flag: string, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(
    `--${flag} takes a name and a value, such as \`--${flag} Name=Ada\`, not \`${text}\`.`,
  );
}

function time(text: string | undefined, nowMs: number): string | undefined {
  return text === undefined ? undefined : (moment(text, nowMs, 'ahead') ?? text);
}
