import type { Outcome } from '@fanfare/domain';
import type { Provider, ProviderMessage } from './provider.ts';
import { publicReason } from './reason.ts';
import { outcomeOfEnding, type SmtpEnding } from './smtp-answer.ts';
import { isOneMailbox, mailOf, messageIdOf } from './smtp-mail.ts';
import { openSmtpPool } from './smtp-pool.ts';
import { readSmtpUrl, type SmtpServer } from './smtp-url.ts';

export type SmtpProviderOptions = {
  name: string;
  /** `smtp://user:password@host:587/?from=Shop <shop@example.org>`, or `smtps://`; see `readSmtpUrl`. */
  url: string;
  /** The sender, unless the URL says it. */
  from?: string | undefined;
  /** From the call of `send` to the server's last reply, with DNS, TLS, signing in, and the wait for a connection. */
  timeoutMs: number;
  /** Most connections, hence most mails at a time; further ones wait, and their time runs. */
  connections: number;
  /** Elapsed time in milliseconds. */
  monotonicMs?: (() => number) | undefined;
};

/**
 * A provider that hands e-mails to a mail server, over kept connections.
 * @throws Error that says what is wrong with the options, without their secrets
 */
export function smtpProvider({ name, url, from, ...limits }: SmtpProviderOptions): Provider {
  const server = readSmtpUrl(name, url, from);
  const pool = openSmtpPool(server, limits);
  const inFlight = new Set<Promise<unknown>>();
  let isClosed = false;

  const send = async (message: ProviderMessage): Promise<Outcome> => {
    if (isClosed) return unsent('the provider is closed');
    if (!isOneMailbox(message.to)) return { kind: 'rejected', reason: 'the recipient is not one mailbox' };
    const call = pool.send(mailOf(message, server.from));
    inFlight.add(call);
    const ending = await call;
    inFlight.delete(call);
    return outcomeOf(ending, message, server);
  };

  const close = async (): Promise<void> => {
    isClosed = true;
    await Promise.all(inFlight);
    pool.close();
  };

  return { name, send, close };
}

function unsent(reason: string): Outcome {
  return { kind: 'unavailable', reason, answered: false, retryAfterMs: null };
}

function outcomeOf(ending: SmtpEnding, message: ProviderMessage, { auth, from }: SmtpServer): Outcome {
  const words = ending.reply === null ? ending.fault : `SMTP ${ending.reply}`;
  const secrets = auth === null ? [] : secretForms(auth);
  return outcomeOfEnding(ending, messageIdOf(message, from), publicReason(words, message, secrets));
}

/** As AUTH sends them, too: a server may repeat the command that it does not like. */
function secretForms({ user, pass }: { user: string; pass: string }): string[] {
  const encoded = [user, pass, `\0${user}\0${pass}`].map((text) => Buffer.from(text).toString('base64'));
  return [user, pass, ...encoded];
}
