import { CHANNELS } from '@fanfare/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { recipientFault } from './recipient.ts';

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('+', '1', '٥', '@', '.', '-', 'a', 'ş', ' ', '\0', '\ud800', '\u202e') }),
);
const label = fc.stringMatching(/^[a-zçğş0-9]([a-zçğş0-9-]{0,10}[a-zçğş0-9])?$/);
const mailbox = fc
  .tuple(
    fc.array(fc.stringMatching(/^[A-Za-z0-9ş!#$%&'*+/=?^_`{|}~-]{1,6}$/), { minLength: 1, maxLength: 4 }),
    fc.array(label, { minLength: 2, maxLength: 4 }),
  )
  .map(([local, domain]) => `${local.join('.')}@${domain.join('.')}`);

describe('recipients of any kind', () => {
  it('are taken, or refused with a reason that quotes none of it, and never throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CHANNELS), texts, (channel, text) => {
        expect(recipientFault(channel, text) ?? 'must be').to.match(/^must be [\x20-\x7e]*$|^must be$/);
      }),
    );
  });

  it('are taken when they are made by the rules', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+[1-9][0-9]{1,14}$/), mailbox, (number, address) => {
        expect(recipientFault('sms', number), number).to.equal(null);
        expect(recipientFault('email', address), address).to.equal(null);
      }),
    );
  });

  it('are refused when anything that no terminal shows is put into them', () => {
    const unseen = fc.constantFrom(
      '\0',
      '\r',
      '\n',
      '\t',
      ' ',
      '\u200b',
      '\u202e',
      '\u00a0',
      '\ud83d',
      '\u2028',
      '\u0085',
    );
    fc.assert(
      fc.property(fc.constantFrom('sms', 'email', 'push'), unseen, fc.nat(), (channel, mark, place) => {
        const good = { sms: '+15550100', email: 'ada.b@example.com', push: 'token' }[channel];
        const at = place % (good.length + 1);
        expect(recipientFault(channel, good.slice(0, at) + mark + good.slice(at))).to.be.a('string');
      }),
    );
  });
});
