import { createTransport, type SendMailOptions } from 'nodemailer';
import { Readable } from 'node:stream';
import type { SmtpEnding } from './smtp-answer.ts';
import type { SmtpServer } from './smtp-url.ts';

/** Connections to one mail server. */
export type SmtpPool = {
  /** Never rejects. */
  send: (mail: SendMailOptions) => Promise<SmtpEnding>;
  close: () => void;
};

type Limits = { timeoutMs: number; connections: number; monotonicMs?: (() => number) | undefined };

export function openSmtpPool(server: SmtpServer, limits: Limits): SmtpPool {
  const { timeoutMs, monotonicMs = () => performance.now() } = limits;
  const transport = createTransport(optionsOf(server, limits));
  /** The calls, by their signals: what is to happen when their message begins to be written. */
  const beginnings = new WeakMap<AbortSignal, () => void>();
  transport.use('stream', ({ data: { signal }, message }, done) => {
    const begin = signal === undefined ? undefined : beginnings.get(signal);
    if (begin !== undefined) message?.processFunc((bytes) => telling(bytes, begin));
    done();
  });
  const send = async (mail: SendMailOptions): Promise<SmtpEnding> => {
    const { signal, isOver, clear } = limitOf(timeoutMs);
    const overAtMs = monotonicMs() + timeoutMs;
    let written = false;
    beginnings.set(signal, () => {
      // A process that stood still is asked for the message before its timers are due.
      if (monotonicMs() >= overAtMs) throw new Error('its time was over before it began');
      written = true;
    });
    try {
      const { response } = await transport.sendMail({ ...mail, signal });
      return { reply: response, command: 'DATA', fault: '', written: true };
    } catch (error) {
      return isOver() ? silence(`no answer within ${timeoutMs} ms`, written) : endingOf(error, written);
    } finally {
      clear();
    }
  };
  return { send, close: () => transport.close() };
}

/** Enough for any reply; a server that never ends one is hung up on. */
const REPLY_BYTES_MAX = 64 * 1024;

function optionsOf({ host, port, auth, tls }: SmtpServer, { timeoutMs, connections }: Limits) {
  return {
    pool: true as const,
    maxConnections: connections,
    host,
    port,
    ...(auth === null ? {} : { auth }),
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    // A call has one limit for all of it; these must only not end it earlier.
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // So often a mail is taken to another connection because its own turned out to have been closed before it began.
    maxRequeues: 2,
    // A connection that is given up is gone at once, or there would be more of them than allowed.
    socketCloseTimeout: 0,
    maxResponseSize: REPLY_BYTES_MAX,
    // A text is a text, whatever it looks like.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** When it is over, the pool takes the mail out of its queue, or closes the connection that is sending it. */
function limitOf(timeoutMs: number) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  const { signal } = abort;
  return { signal, isOver: () => signal.aborted, clear: () => clearTimeout(timer) };
}

/** The same bytes. Nobody asks for the first of them before the server has said that it wants the message. */
function telling(bytes: Readable, onFirst: () => void): Readable {
  return Readable.from(
    (async function* read() {
      onFirst();
      yield* bytes;
    })(),
    { objectMode: false },
  );
}

function endingOf(error: unknown, written: boolean): SmtpEnding {
  const { message, response, command }: Record<string, unknown> = Object(error);
  if (typeof response !== 'string' || typeof command !== 'string') return silence(String(message), written);
  return { reply: response, command, fault: '', written };
}

function silence(fault: string, written: boolean): SmtpEnding {
  return { reply: null, command: '', fault, written };
}
