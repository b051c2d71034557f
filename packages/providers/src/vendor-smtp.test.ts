import type { Socket } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { smtpProvider } from './smtp.ts';
import {
  type Answer,
  closing,
  flood,
  listen,
  type Protocol,
  type Received,
  type Vendor,
} from './vendor.test.ts';

/** A mail server. */
export const smtp: Protocol = {
  make: (options) => smtpProvider({ name: 'mail', from: 'shop@example.org', ...options }),
  start: (answer) => vendMail(answer),
  url: (where) => `smtp://${where}`,
  secureUrl: (where) => `smtps://${where}`,
  signedIn: (url, user, password) => url.replace('//', `//${user}:${encodeURIComponent(password)}@`),
  to: 'Ada.Lovelace@example.com',
  keyOf: (idempotencyKey) => `<${idempotencyKey.replace(':', '.')}@example.org>`,
  hasRetryAfter: false,
};

export type Mail = Received & {
  /** To whom, as the envelope says. */
  recipients: string[];
  sender: string;
  raw: string;
  parsed: Email;
  /** Over TLS. */
  isSecure: boolean;
  user: string | null;
};
export type MailServer = Omit<Vendor, 'received'> & { received: Mail[] };

type Answering = (mail: Mail) => Answer | Promise<Answer>;

/** A mail server that answers a message so, and keeps what it got. It takes any user and password. */
export async function vendMail(answer: Answering, options: SMTPServerOptions = {}): Promise<MailServer> {
  const received: Mail[] = [];
  const sockets = new Map<number, Socket>();
  let connections = 0;
  const server = new SMTPServer({
    name: 'mail.example.org',
    logger: false,
    disableReverseLookup: true,
    authOptional: true,
    allowInsecureAuth: true,
    // Replies are to be as they are said here.
    hideENHANCEDSTATUSCODES: true,
    disabledCommands: options.key === undefined ? ['STARTTLS'] : [],
    closeTimeout: 1,
    onAuth: ({ username }, _, done) => done(null, { user: username }),
    onData: (stream, session, done) => {
      const onMail = async (): Promise<void> => {
        const mail = await readMail(stream, session);
        received.push(mail);
        const socket = sockets.get(session.remotePort);
        if (socket === undefined) throw new Error('there is nobody to answer to');
        say(socket, await answer(mail), done);
      };
      void onMail();
    },
    ...options,
  });
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.set(
      socket.remotePort ?? 0,
      socket.on('error', () => undefined),
    );
  });
  const where = await listen(server.server);
  closing(() => {
    for (const socket of sockets.values()) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return { url: `smtp://${where}`, received, connections: () => connections };
}

async function readMail(stream: AsyncIterable<Buffer>, session: SMTPServerSession): Promise<Mail> {
  const { envelope, secure, user } = session;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const parsed = await PostalMime.parse(raw);
  const header = (name: string) => parsed.headers.find(({ key }) => key === name)?.value ?? '';
  return {
    recipients: envelope.rcptTo.map(({ address }) => address),
    sender: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    isSecure: secure,
    user: typeof user === 'string' ? user : null,
    raw: raw.toString(),
    parsed,
    to: header('to'),
    content: (parsed.text ?? '').trimEnd(),
    idempotencyKey: header('message-id'),
    correlationId: header('x-correlation-id'),
  };
}

/** A refusal as the server's callbacks take it. */
export function reply(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode });
}

type Done = (refusal: Error | null, words?: string) => void;

function say(socket: Socket, answer: Answer, done: Done): void {
  switch (answer.kind) {
    case 'accept':
      return done(null, '2.0.0 Ok: queued as msg-1');
    case 'accept oddly':
      return done(null, 'ş\u0000\u0007 \u2028');
    case 'reject':
      return done(reply(550, `5.1.1 ${answer.words ?? 'no'}`));
    case 'throttle':
      return done(reply(450, '4.7.1 Error: too much mail from 127.0.0.1'));
    case 'be unavailable':
      return done(reply(451, `4.3.0 ${answer.words ?? 'later'}`));
    case 'say nothing':
      return;
    case 'reset':
      return void socket.resetAndDestroy();
    case 'hang up':
      return void socket.end();
    case 'accept and hang up':
      return void socket.write('250 2.0.0 Ok: queued as msg-1\r\n', () => socket.destroy());
    case 'answer in another language':
      return void socket.end('HTTP/1.1 200 OK\r\n\r\n');
    case 'flood':
      return flood(socket, '250-and more\r\n', answer.onSent);
  }
}
