import { expect } from 'chai';
import fc from 'fast-check';
import { outcomeOfEnding } from './smtp-answer.ts';
import { readSmtpUrl } from './smtp-url.ts';

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const host = fc.stringMatching(/^[a-z][a-z0-9]{0,10}\.example\.org$/);
const replies = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.integer({ min: 0, max: 999 }), fc.constantFrom(' ', '-', ''), words)
    .map((parts) => parts.join('')),
);
const commands = fc.oneof(
  fc.string(),
  fc.constantFrom('CONN', 'EHLO', 'MAIL FROM', 'RCPT TO', 'DATA', 'AUTH LOGIN'),
);

describe('URLs of mail servers, of any kind', () => {
  it('are read, or refused without being repeated; nothing else is thrown', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc
        .tuple(fc.constantFrom('smtp', 'smtps', 'http'), fc.string(), fc.string())
        .map(([scheme, server, query]) => `${scheme}://user:hush-hush@${server}/?${query}`),
    );
    fc.assert(
      fc.property(texts, fc.option(fc.string(), { nil: undefined }), (text, from) => {
        const message = messageOf(() => readSmtpUrl('acme', text, from));
        if (message !== null)
          expect(message)
            .to.match(/^the (URL of the )?provider acme /)
            .and.not.include('hush');
      }),
      { numRuns: 2_000 },
    );
  });

  it('say what was put into them', () => {
    const parts = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }), user: words, pass: words });
    fc.assert(
      fc.property(parts, fc.constantFrom('smtp', 'smtps'), ({ host: name, port, user, pass }, scheme) => {
        const [login, password] = [encodeURIComponent(user), encodeURIComponent(pass)];
        const url = `${scheme}://${login}:${password}@${name}:${port}/?from=a@example.org`;
        const expected = { host: name, port, auth: { user, pass } };
        expect(readSmtpUrl('acme', url)).to.deep.include(expected);
      }),
    );
  });
});

describe('replies of mail servers, of any kind', () => {
  it('are judged, and never throw', () => {
    fc.assert(
      fc.property(commands, replies, fc.boolean(), words, (command, reply, written, fault) => {
        const outcome = outcomeOfEnding({ command, reply, written, fault }, '<1@x>', reply ?? fault);
        expect(outcome.kind).to.be.oneOf(['accepted', 'rejected', 'throttled', 'unavailable', 'unknown']);
        // Who was given nothing has nothing that may have been sent.
        if (!written) expect(outcome.kind).not.to.equal('unknown');
        if (command !== 'DATA') expect(outcome.kind).not.to.equal('accepted');
      }),
      { numRuns: 2_000 },
    );
  });
});

function messageOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof Error && error.constructor === Error ? error.message : String(error);
  }
}
