import { expect } from 'chai';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { SMTPServerOptions } from 'smtp-server';
import { localhost } from './certificate.test.ts';
import { describeConformance, message } from './conformance.test.ts';
import { outcomeOfEnding } from './smtp-answer.ts';
import { mailOf } from './smtp-mail.ts';
import { openSmtpPool } from './smtp-pool.ts';
import { readSmtpUrl } from './smtp-url.ts';
import { smtpProvider, type SmtpProviderOptions } from './smtp.ts';
import { listening, using } from './vendor.test.ts';
import { type Mail, type MailServer, reply, smtp, vendMail } from './vendor-smtp.test.ts';

const LONG_MS = 10_000;
const SHORT_MS = 200;
/** So long that the server has asked for the message, on a busy machine too. */
const READ_MS = 1_500;
const mail = { ...message, channel: 'email', to: 'ada@example.com' };
const nothingSent = { kind: 'unavailable', answered: false };

describe('SMTP provider', () => {
  describeConformance(smtp);
});

describe('a mail', () => {
  it('has subject, text and HTML in any script', async () => {
    const parts = {
      subject: `${'Doğum günün kutlu olsun! 🎉 مرحبا '.repeat(20)}son`,
      content: 'Merhaba Şükrü,\n.\n..nokta\nFrom here on: 🎉 مرحبا "漢字"\n\n-- \nimza',
      html: `<p title="a=b">Merhaba, ${'çok uzun bir satır '.repeat(200)} 🎉</p>`,
    };
    const got = await delivered({ ...mail, ...parts });
    expect(got.parsed.subject).to.equal(parts.subject);
    expect(got.content).to.equal(parts.content);
    expect(got.parsed.html?.trimEnd()).to.equal(parts.html);
    expect(typesOf(got)).to.deep.equal(['multipart/alternative', 'text/plain', 'text/html']);
    expect(got.raw).to.match(/^[\r\n\x20-\x7e]*$/);
    expect(Math.max(...got.raw.split('\r\n').map((line) => line.length))).to.be.lessThan(999);
  });

  it('is plain text without HTML, and may have no subject', async () => {
    const got = await delivered(mail);
    expect(typesOf(got)).to.deep.equal(['text/plain']);
    expect(got.parsed.headers.map(({ key }) => key)).to.not.include('subject');
    expect(got.content).to.equal(mail.content);
  });

  it('says from whom it is, what it answers to, and that no person wrote it', async () => {
    const got = await delivered(
      { ...mail, correlationId: 'şube\r\nBcc: eve@example.com' },
      'Şeker & Co <shop@örnek.example>',
    );
    expect(got.parsed.from).to.deep.include({ name: 'Şeker & Co', address: 'shop@xn--rnek-4qa.example' });
    expect(got.sender).to.equal('shop@örnek.example');
    expect(got.idempotencyKey).to.equal('<0199f0c2-0000-7000-8000-000000000001.0@xn--rnek-4qa.example>');
    expect(got.correlationId).to.equal('%C5%9Fube%0D%0ABcc: eve@example.com');
    expect(got.parsed.headers.map(({ key }) => key))
      .to.include('auto-submitted')
      .and.to.not.include('bcc');
  });

  it('goes to the one mailbox it is for, in any script', async () => {
    for (const to of ["a+b=c!#$%&'*/?^_`{|}~-d@example.com", 'çağrı@örnek.com.tr']) {
      const { recipients } = await delivered({ ...mail, to });
      expect(recipients).to.have.length(1);
      expect(recipients[0]?.split('@')[0]).to.equal(to.split('@')[0]);
    }
  });

  const hostile = [
    'ada@example.com, eve@example.com',
    'ada@example.com eve@example.com',
    'ada@example.com>\r\nRCPT TO:<eve@example.com',
    'ada@example.com\nBcc: eve@example.com',
    'Ada <ada@example.com>',
    'friends: ada@example.com;',
    '"ada, eve"@example.com',
    'ada@eve@example.com',
    '+15550100199',
    '',
  ];
  for (const to of hostile)
    it(`goes to nobody for ${JSON.stringify(to)}`, async () => {
      const { outcome, received } = await sending({ ...mail, to });
      expect(outcome).to.deep.equal({ kind: 'rejected', reason: 'the recipient is not one mailbox' });
      expect(received).to.deep.equal([]);
    });

  it('is text, whatever it looks like', async () => {
    const content = '{"path":"/etc/passwd"}';
    const got = await delivered({ ...mail, content, html: '<img src="data:image/png;base64,AAAA">' });
    expect(got.content).to.equal(content);
    expect(got.parsed.attachments).to.deep.equal([]);
  });
});

describe('a mail server that refuses', () => {
  const refusals: [at: string, code: number, words: string, expected: object][] = [
    ['onRcptTo', 550, '5.1.1 no such user', { kind: 'rejected' }],
    ['onMailFrom', 553, '5.1.8 no such sender', { kind: 'rejected' }],
    ['onData', 552, '5.3.4 too large', { kind: 'rejected' }],
    ['onRcptTo', 450, '4.2.0 greylisted, try again in 300 s', nothingSent],
    ['onMailFrom', 451, '4.3.0 later', nothingSent],
    ['onData', 452, '4.3.1 disk full', { kind: 'unavailable', answered: true }],
    ['onRcptTo', 450, '4.7.1 too many messages', { kind: 'throttled' }],
    ['onAuth', 535, '5.7.8 bad credentials', nothingSent],
    ['onMailFrom', 530, '5.7.0 sign in first', nothingSent],
  ];
  for (const [at, code, words, expected] of refusals)
    it(`${at.slice(2)}: ${code} ${words} is ${Object.values(expected).join(' ')}`, async () => {
      const refusing = { [at]: at === 'onData' ? refuseData(code, words) : refuse(code, words) };
      const { outcome } = await sending(mail, {}, refusing, at === 'onAuth' ? 'me:secret@' : '');
      expect(outcome).to.include(expected);
      expect(Object(outcome).reason).to.match(new RegExp(`^SMTP ${code}[ -]${words.slice(0, 5)}`));
    });

  it('keeps the connection for the next mail', async () => {
    const server = await vendMail(answer, { onRcptTo: refuseAda });
    await using(provider(server.url), async (one) => {
      expect(await one.send(mail)).to.include({ kind: 'rejected' });
      expect(await one.send({ ...mail, to: 'eve@example.com' })).to.include({ kind: 'accepted' });
    });
    expect(server.connections()).to.equal(1);
  });

  const silences: [what: string, said: string[]][] = [
    ['does not greet', []],
    ['does not answer EHLO', ['220 hello\r\n']],
    ['does not answer MAIL', ['220 hello\r\n', '250 hello\r\n']],
    ['does not answer RCPT', ['220 hello\r\n', '250 hello\r\n', '250 ok\r\n']],
    ['does not answer DATA', ['220 hello\r\n', '250 hello\r\n', '250 ok\r\n', '250 ok\r\n']],
  ];
  for (const [what, said] of silences)
    it(`sent nothing to one that ${what} in time, or hangs up then`, async () => {
      expect(await talking(said, () => undefined, SHORT_MS)).to.include(nothingSent);
      for (const end of ['end', 'resetAndDestroy'] as const)
        expect(await talking(said, (socket) => void socket[end](), LONG_MS)).to.include(nothingSent);
    });

  it('does not know of one that wanted the message and was gone', async () => {
    const said = ['220 hello\r\n', '250 hello\r\n', '250 ok\r\n', '250 ok\r\n', '354 go on\r\n'];
    expect(await talking(said, (socket) => void socket.resetAndDestroy(), LONG_MS)).to.include({
      kind: 'unknown',
    });
    expect(await talking(said, () => undefined, READ_MS)).to.include({ kind: 'unknown' });
  });

  for (const greeting of ['554 5.7.1 go away\r\n', '421 4.3.2 shutting down\r\n', 'SSH-2.0-OpenSSH\r\n'])
    it(`sent nothing to one that greets with ${JSON.stringify(greeting)}`, async () => {
      expect(await talking([greeting], () => undefined, LONG_MS)).to.include(nothingSent);
    });
});

describe('the way to a mail server', () => {
  const trusted = getCACertificates('default');
  afterEach(() => setDefaultCACertificates(trusted));
  const trust = () => setDefaultCACertificates([...trusted, localhost.cert]);

  for (const secure of [true, false])
    it(`is by TLS${secure ? ' from the first byte' : ' after STARTTLS'}, and to whom a trusted certificate names`, async () => {
      const server = await vendMail(answer, { ...localhost, secure });
      const url = secure ? server.url.replace('smtp:', 'smtps:') : server.url;
      expect(await send(url)).to.include(nothingSent);
      trust();
      expect(await send(url)).to.include({ kind: 'accepted' });
      expect(await send(url.replace('127.0.0.1', 'localhost'))).to.include({ kind: 'accepted' });
      expect(await send(url.replace('127.0.0.1', '127.0.0.2'))).to.include(nothingSent);
      expect(server.received.map(({ isSecure }) => isSecure)).to.deep.equal([true, true]);
    });

  it('is not without TLS where that was asked for', async () => {
    const server = await vendMail(answer);
    expect(await send(server.url.replace('smtp:', 'smtps:'))).to.include(nothingSent);
    expect(server.received).to.deep.equal([]);
  });

  it('is shut where STARTTLS is demanded and not offered', async () => {
    const server = await vendMail(answer);
    const there = { ...readSmtpUrl('mail', server.url, 'shop@example.org'), tls: 'starttls' as const };
    const pool = openSmtpPool(there, { timeoutMs: LONG_MS, connections: 1 });
    const ending = await pool.send(mailOf(mail, there.from));
    pool.close();
    expect(ending).to.include({ command: 'STARTTLS', written: false });
    expect(outcomeOfEnding(ending, '', '')).to.include(nothingSent);
    expect(server.received).to.deep.equal([]);
  });

  it('is without TLS where the URL says so', async () => {
    const server = await vendMail(answer, { ...localhost });
    expect(await send(`${server.url}?tls=off`)).to.include({ kind: 'accepted' });
    expect(server.received[0]).to.include({ isSecure: false });
  });

  it('is signed in to by the user of the URL', async () => {
    const server = await vendMail(answer, { authOptional: false });
    expect(await send(server.url.replace('//', '//me%40x:p%40ss@'))).to.include({ kind: 'accepted' });
    expect(await send(server.url)).to.include(nothingSent);
    expect(server.received).to.have.length(1);
    expect(server.received[0]).to.include({ user: 'me@x' });
  });

  it('tells nothing of them to anybody but the server', async () => {
    const forms = [
      'operator',
      'hunter2',
      base64('operator'),
      base64('hunter2'),
      base64('\0operator\0hunter2'),
    ];
    const words = `what is ${forms.join('? ')}?`;
    const server = await vendMail(answer, { onAuth: (_, __, done) => done(reply(535, words)) });
    const outcome = await send(server.url.replace('//', '//operator:hunter2@'));
    expect(Object(outcome).reason).to.equal(`SMTP 535 what is ${forms.map(() => '[...]').join('? ')}?`);
  });
});

function answer() {
  return { kind: 'accept' } as const;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function provider(url: string, options: Partial<SmtpProviderOptions> = {}) {
  const all = { name: 'mail', from: 'shop@example.org', timeoutMs: LONG_MS, connections: 1, ...options };
  return smtpProvider({ ...all, url });
}

function send(url: string, sent = mail, options: Partial<SmtpProviderOptions> = {}) {
  return using(provider(url, options), (one) => one.send(sent));
}

async function sending(
  sent: typeof mail,
  options: Partial<SmtpProviderOptions> = {},
  server: SMTPServerOptions = {},
  signIn = '',
): Promise<Pick<MailServer, 'received'> & { outcome: Awaited<ReturnType<typeof send>> }> {
  const running = await vendMail(answer, server);
  const outcome = await send(running.url.replace('//', `//${signIn}`), sent, options);
  return { received: running.received, outcome };
}

/** The one mail that a server gets. */
async function delivered(sent: typeof mail, from = 'shop@example.org'): Promise<Mail> {
  const { received, outcome } = await sending(sent, { from });
  expect(outcome).to.deep.equal({ kind: 'accepted', messageId: 'msg-1' });
  const [got, ...others] = received;
  expect(others).to.deep.equal([]);
  if (got === undefined) throw new Error('there is no mail');
  return got;
}

function typesOf({ raw }: Mail): string[] {
  return [...raw.matchAll(/^Content-Type: ([\w/]+)/gm)].map(([, type = '']) => type);
}

function refuse(code: number, words: string) {
  return (_: unknown, __: unknown, done: (refusal: Error) => void) => done(reply(code, words));
}

const refuseAda: NonNullable<SMTPServerOptions['onRcptTo']> = ({ address }, _, done) =>
  done(address === mail.to ? reply(550, '5.1.1 no') : null);

function refuseData(code: number, words: string): NonNullable<SMTPServerOptions['onData']> {
  return (stream, _, done) => {
    stream.resume().on('end', () => done(reply(code, words)));
  };
}

type Talking = Parameters<Parameters<typeof listening>[0]>[0];

/** What becomes of a mail to a server that says this, one line a command, and then does that. */
async function talking(said: string[], end: (socket: Talking) => void, timeoutMs: number) {
  const server = await listening((socket) => {
    const lines = [...said];
    const next = () => {
      const line = lines.shift();
      if (line === undefined) end(socket);
      else socket.write(line);
    };
    next();
    socket.on('data', next);
  });
  const outcome = await send(`smtp://${server}`, mail, { timeoutMs });
  return outcome;
}
