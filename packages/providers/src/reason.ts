import { domainToASCII } from 'node:url';
import type { ProviderMessage } from './provider.ts';

/** Strings from a provider end up in rows, records and pages. */
const BYTES_MAX = 1_024;
/** Shorter ones tell of nobody, and are found in any sentence. */
const TELLING_LENGTH_MIN = 4;

/**
 * A provider's words, without the person they are about: vendors like to repeat what they were sent.
 * @param secrets what else must not be repeated, such as a password
 */
export function publicReason(
  words: string,
  message: ProviderMessage,
  secrets: readonly string[] = [],
): string {
  const telling = [...recipientForms(message.to), ...textForms(message), ...secrets]
    .filter((part) => part.length >= TELLING_LENGTH_MIN)
    // A part of another would leave the rest of that one.
    .toSorted((a, b) => b.length - a.length);
  return publicText(telling.reduce(without, words));
}

/** Mail servers write addresses in small letters and domains in ASCII, and speak of the mailbox without its domain. */
function recipientForms(to: string): string[] {
  const [mailbox = '', domain = ''] = to.split('@');
  const forms =
    domain === '' ? [to, to.replace(/^\+/, '')] : [to, `${mailbox}@${domainToASCII(domain)}`, mailbox];
  return [...forms, ...forms.map((form) => form.toLowerCase())];
}

function textForms({ content, subject, html }: ProviderMessage): string[] {
  return [content, subject ?? '', html ?? ''].flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
}

function without(words: string, part: string): string {
  return words.replaceAll(part, '[...]');
}

/** One line of well-formed text without control characters (Postgres takes no NUL), cut to a bound in bytes. */
export function publicText(words: string): string {
  const line = words
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  const bytes = Buffer.from(line);
  if (bytes.length <= BYTES_MAX) return line;
  // A character that was cut in two is left out.
  return bytes
    .subarray(0, BYTES_MAX)
    .toString()
    .replace(/\uFFFD+$/, '');
}
