import type { ProviderMessage } from './provider.ts';

/** Strings from a provider end up in rows, records and pages. */
const BYTES_MAX = 1_024;
/** Shorter ones tell of nobody, and are found in any sentence. */
const TELLING_LENGTH_MIN = 4;

/** A provider's words, without the person they are about: vendors like to repeat what they were sent. */
export function publicReason(words: string, { to, content }: ProviderMessage): string {
  const secrets = [content, JSON.stringify(content).slice(1, -1), to, to.replace(/^\+/, '')];
  const telling = secrets.filter((part) => part.length >= TELLING_LENGTH_MIN);
  return publicText(telling.reduce((text, part) => text.replaceAll(part, '[...]'), words));
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
