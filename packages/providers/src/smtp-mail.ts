import type { SendMailOptions } from 'nodemailer';
import { domainToASCII } from 'node:url';
import { headerValue } from './header-value.ts';
import type { ProviderMessage } from './provider.ts';
import type { Sender } from './smtp-url.ts';

/** The mail that a message becomes: its text, and beside it the same in HTML where it has that. */
export function mailOf(message: ProviderMessage, from: Sender): SendMailOptions {
  const { to, content, subject, html, correlationId } = message;
  return {
    from,
    // An object is one address; a text would be parsed for several.
    to: { name: '', address: to },
    subject: subject ?? undefined,
    text: content,
    html: html ?? undefined,
    messageId: messageIdOf(message, from),
    headers: {
      'X-Correlation-ID': headerValue(correlationId),
      // Out-of-office notes are not sent in answer to it (RFC 3834).
      'Auto-Submitted': 'auto-generated',
    },
  };
}

/** The same for every attempt: what mail has for an idempotency key. Servers and readers know a mail again by it. */
export function messageIdOf({ idempotencyKey }: ProviderMessage, { address }: Sender): string {
  const domain = domainToASCII(address.slice(address.lastIndexOf('@') + 1));
  return `<${idempotencyKey.replaceAll(/[^\w.-]+/g, '.')}@${domain}>`;
}

/** One mailbox, and nothing that the protocol or a header could take for more. Checked before, but not everywhere. */
export function isOneMailbox(to: string): boolean {
  return /^[^\s\p{Cc}"(),:;<>@[\\\]]+@[^\s\p{Cc}"(),:;<>@[\\\]]+$/u.test(to);
}
