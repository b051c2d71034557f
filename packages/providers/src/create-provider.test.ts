import { expect } from 'chai';
import { message, vending } from './conformance.test.ts';
import { createProvider, type ProviderOptions } from './create-provider.ts';
import { using } from './vendor.test.ts';
import { http } from './vendor-http.test.ts';
import { smtp } from './vendor-smtp.test.ts';

const limits = { name: 'x', timeoutMs: 10_000, connections: 1 };

describe('createProvider', () => {
  for (const [scheme, protocol] of Object.entries({ http, smtp }))
    it(`makes what speaks ${scheme} of such a URL`, () =>
      vending(
        protocol,
        () => ({ kind: 'accept' }),
        async ({ url, received }) => {
          const provider = createProvider({ ...limits, url, from: 'shop@example.org' });
          expect(provider.name).to.equal('x');
          const outcome = await using(provider, ({ send }) => send({ ...message, to: protocol.to }));
          expect(outcome).to.deep.equal({ kind: 'accepted', messageId: 'msg-1' });
          expect(received[0]).to.include({ content: message.content });
        },
      ));

  const unfit: [what: string, options: Partial<ProviderOptions> & { url: string }, message: RegExp][] = [
    ['another scheme', { url: 'ftp://secret@h/' }, /must begin with http, https, smtp or smtps/],
    ['no URL', { url: 'secret' }, /cannot be read/],
    ['a mail server without a sender', { url: 'smtp://secret@h/' }, /needs one address to send from/],
    ['headers over SMTP', { url: 'smtp://h/?from=a@b', authorization: 'secret' }, /speaks SMTP/],
    ['headers that cannot be sent', { url: 'http://h/', authorization: 'secret\n' }, /HTTP cannot carry/],
  ];
  for (const [what, options, told] of unfit)
    it(`refuses ${what}, and tells no secret`, () => {
      expect(() => createProvider({ ...limits, ...options }))
        .to.throw(told)
        .with.property('message')
        .that.does.not.include('secret');
    });
});
