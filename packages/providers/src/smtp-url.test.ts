import { expect } from 'chai';
import { readSmtpUrl } from './smtp-url.ts';

const FROM = '?from=shop@example.org';

describe('the URL of a mail server', () => {
  it('says where it is, who signs in and who sends', () => {
    const url = 'smtp://me%40x:p%3Ass@mail.example.org:2525/?from=Şeker%20%26%20Co%20<shop@example.org>';
    expect(readSmtpUrl('x', url)).to.deep.equal({
      host: 'mail.example.org',
      port: 2525,
      auth: { user: 'me@x', pass: 'p:ss' },
      from: { name: 'Şeker & Co', address: 'shop@example.org' },
      tls: 'starttls',
    });
    expect(readSmtpUrl('x', `smtp://h/${FROM}`)).to.include({ port: 587, auth: null });
    expect(readSmtpUrl('x', `smtps://h/${FROM}`)).to.include({ port: 465, tls: 'implicit' });
    expect(readSmtpUrl('x', 'smtp://h/', 'b@example.org').from.address).to.equal('b@example.org');
    expect(readSmtpUrl('x', `smtp://h/${FROM}`, 'b@example.org').from.address).to.equal('shop@example.org');
  });

  const ways: [url: string, tls: string][] = [
    ['smtp://mail.example.org', 'starttls'],
    ['smtp://10.0.0.1', 'starttls'],
    ['smtp://128.0.0.1', 'starttls'],
    ['smtp://[2001:db8::1]', 'starttls'],
    ['smtp://localhost.example.org', 'starttls'],
    ['smtp://localhost', 'offered'],
    ['smtp://127.3.2.1:25', 'offered'],
    ['smtp://[::1]:25', 'offered'],
    ['smtps://localhost', 'implicit'],
  ];
  for (const [url, tls] of ways)
    it(`${url}: TLS ${tls}`, () => {
      expect(readSmtpUrl('x', `${url}/${FROM}`).tls).to.equal(tls);
      if (url.startsWith('smtp:')) expect(readSmtpUrl('x', `${url}/${FROM}&tls=off`).tls).to.equal('off');
    });

  const unfit: [what: string, url: string, message: RegExp][] = [
    ['no sender', 'smtp://secret:secret@h', /needs one address to send from/],
    ['two senders', 'smtp://secret:secret@h?from=a@example.org,b@example.org', /needs one address/],
    ['a sender without a domain', 'smtp://secret:secret@h?from=shop', /needs one address/],
    ['an unknown parameter', `smtp://h/${FROM}&password=secret`, /knows from and tls/],
    ['an unknown value', `smtp://secret:secret@h/${FROM}&tls=on`, /may say tls=off/],
    ['a contradiction', `smtps://secret:secret@h/${FROM}&tls=off`, /says both/],
    ['another scheme', `http://secret:secret@h/${FROM}`, /must begin with smtp/],
    ['no host', `smtp:///${FROM}&secret`, /(names no host|cannot be read|knows from)/],
    ['no URL', `secret`, /cannot be read/],
    ['a broken escape', `smtp://secret:%zz@h/${FROM}`, /cannot be read/],
  ];
  for (const [what, url, message] of unfit)
    it(`is refused with ${what}, and not repeated`, () => {
      expect(() => readSmtpUrl('x', url))
        .to.throw(message)
        .with.property('message')
        .that.does.not.include('secret');
    });
});
