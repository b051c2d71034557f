import type { Channel } from '@fanfare/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { recipientFault } from './recipient.ts';

function words(text: string): string[] {
  return text.split(' ');
}

/** A mailbox of `bytes` octets whose labels are as long as they may be. */
function mailboxOf(bytes: number): string {
  const host = `a@${`${'b'.repeat(61)}.`.repeat(4)}`;
  return host + 'c'.repeat(bytes - host.length);
}

const RECIPIENTS: Record<Channel, { good: string[]; bad: string[] }> = {
  sms: {
    good: words('+15550100123 +12 +123456789012345 +999151123456 +9998138001380'),
    bad: [
      ...words('+ +1 +1234567890123456 15550100123 0015550100123 +05551234567 ++15550100123 +1e10'),
      ...words('+90-555-123 +90(555)1234567 +٩٠٥٥٥١٢٣٤٥٦٧ ＋15550100123 +90555123456a ada@example.com'),
      '',
      '+90 555 123 45 67',
      ' +15550100123',
      '+15550100123 ',
      '+15550100123\n',
      '+1\0',
      '\u202a+9055',
    ],
  },
  email: {
    good: [
      ...words('ada@example.com a@b.co ada.lovelace@example.com ada+tag@example.com ADA@EXAMPLE.COM 1@1.com'),
      ...words("o'brien@example.ie !#$%&*+-/=?^_`{|}~@example.com a@sub.sub.example.com a@ex-ample.com"),
      ...words('çağrı@örnek.com.tr ада@пример.рф 阿达@例子.公司 अदा@उदाहरण.भारत أدا@مثال.مصر 😀@example.com'),
      'a@xn--rnek-4qa.com',
      `${'a'.repeat(64)}@example.com`,
      `a@${'b'.repeat(63)}.com`,
      mailboxOf(254),
    ],
    bad: [
      ...words('@ ada ada@ @example.com ada@example ada@localhost ada@@example.com a@b@example.com'),
      ...words('.ada@example.com ada.@example.com a..b@example.com ada@.example.com ada@example.com.'),
      ...words('ada@example..com ada@-example.com ada@example-.com ada@exa_mple.com ada@[127.0.0.1]'),
      ...words('ada@[IPv6:::1] mailto:ada@example.com ada\\@example.com a[b@example.com <ada@example.com>'),
      ...words('ada@example.com,bob@example.com ada@example.com;bob@example.com ada(comment)@example.com'),
      '',
      'ada lovelace@example.com',
      ' ada@example.com',
      'ada@example.com ',
      'ada@example.com\n',
      'Ada <ada@example.com>',
      '"ada lovelace"@example.com',
      'ada@exa mple.com',
      'a@example.com b@example.com',
      // What would add a header or a command to the SMTP conversation, or end it.
      'ada@example.com\r\nBcc: eve@example.com',
      'ada\r\nRCPT TO:eve@example.com',
      'ada@example.com\0',
      'ad\0a@example.com',
      'ada\u0085@example.com',
      'ada\u00a0b@example.com',
      'ada\u2028@example.com',
      // What cannot be seen, or turns the text around.
      'ada\u200b@example.com',
      'ada\u202e@example.com',
      'ada@exa\u200dmple.com',
      'ada\u00ad@example.com',
      // Halves of surrogate pairs.
      '\ud800@example.com',
      'ada\udc00@example.com',
      'ada@\ud83d.com',
      // Too long, counted in octets.
      `${'a'.repeat(65)}@example.com`,
      `${'ş'.repeat(33)}@example.com`,
      `a@${'b'.repeat(64)}.com`,
      mailboxOf(255),
      `a@${'ş.'.repeat(90)}com`,
      'ada@example.com'.repeat(10_000),
    ],
  },
  push: {
    good: [...words('t fMEP0-Zk:APA91bH_x !~ ExponentPushToken[xx]'), 'a'.repeat(4096)],
    bad: ['', ' ', 'a b', 'a'.repeat(4097), 'token\n', '\0', 'tökén', '🎉', 'a\u200b', 'a\x7f'],
  },
};

function isFor(channel: Channel, recipient: string): boolean {
  return recipientFault(channel, recipient) === null;
}

for (const channel of ['sms', 'email', 'push'] as const)
  describe(`recipient of ${channel}`, () => {
    const { good, bad } = RECIPIENTS[channel];
    for (const recipient of good)
      it(`may be ${JSON.stringify(recipient.slice(0, 60))} (${recipient.length})`, () => {
        expect(isFor(channel, recipient)).to.equal(true);
      });
    for (const recipient of bad)
      it(`may not be ${JSON.stringify(recipient.slice(0, 60))} (${recipient.length})`, () => {
        expect(isFor(channel, recipient)).to.equal(false);
      });
  });

describe('recipient of any channel', () => {
  it('never holds what a database, a header or a line of a protocol would stumble over', () => {
    const parts = fc.constantFrom('a', '@', '.', '+1', ' ', '\r', '\n', '\0', ',', '\ud800', '<', '"');
    const hostile = fc.string({ unit: parts });
    fc.assert(
      fc.property(fc.constantFrom('sms', 'email'), hostile, (channel, recipient) => {
        if (isFor(channel, recipient)) expect(recipient).to.match(/^[a@.+1]+$/);
      }),
    );
  });
});
