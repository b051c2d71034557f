import { BlockList, isIP } from 'node:net';
import addressparser from 'nodemailer/lib/addressparser';
import { readProviderUrl } from './provider-url.ts';

/** A mail server, and in whose name it is given mails. */
export type SmtpServer = {
  host: string;
  port: number;
  auth: { user: string; pass: string } | null;
  from: Sender;
  /**
   * - `implicit`: from the first byte (`smtps://`).
   * - `starttls`: before anything is said, or nothing is said.
   * - `offered`: where the server on this very machine offers it; nobody else could listen.
   * - `off`: never. For a relay in a network that is trusted.
   */
  tls: 'implicit' | 'starttls' | 'offered' | 'off';
};
export type Sender = { name: string; address: string };

/**
 * Reads `smtp://user:password@host:587/?from=Shop <shop@example.org>`; `smtps://` is TLS from the first byte.
 * `smtp://` asks any host but this one for STARTTLS, so that nobody on the way can take it off, unless it says
 * `?tls=off`. Certificates are checked in any case.
 * @param from the sender where the URL says none
 * @throws Error that says what is wrong, without the URL
 */
export function readSmtpUrl(name: string, text: string, from?: string): SmtpServer {
  const { url, user, password } = readProviderUrl(name, text);
  const wrong = faultOf(url);
  if (wrong !== null) throw new Error(`the URL of the provider ${name} ${wrong}`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = url.protocol === 'smtps:';
  return {
    host,
    port: Number(url.port) || (secure ? 465 : 587),
    auth: user === '' ? null : { user, pass: password },
    from: senderOf(name, url.searchParams.get('from') ?? from ?? ''),
    tls: secure ? 'implicit' : tlsOf(url, host),
  };
}

function faultOf({ protocol, hostname, searchParams }: URL): string | null {
  if (protocol !== 'smtp:' && protocol !== 'smtps:') return 'must begin with smtp:// or smtps://';
  if (hostname === '') return 'names no host';
  const unknown = [...searchParams.keys()].find((key) => key !== 'from' && key !== 'tls');
  if (unknown !== undefined) return 'knows from and tls behind its ?, and nothing else';
  const tls = searchParams.get('tls');
  if (tls !== null && tls !== 'off') return 'may say tls=off, or leave it out';
  return tls === 'off' && protocol === 'smtps:' ? 'says both smtps:// and tls=off' : null;
}

function tlsOf({ searchParams }: URL, host: string): SmtpServer['tls'] {
  if (searchParams.get('tls') === 'off') return 'off';
  return isLoopback(host) ? 'offered' : 'starttls';
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host === 'localhost' : LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

function senderOf(name: string, from: string): Sender {
  const [sender, ...others] = addressparser(from, { flatten: true });
  if (sender === undefined || others.length > 0 || !/^[^\s@]+@[^\s@]+$/.test(sender.address))
    throw new Error(`the provider ${name} needs one address to send from, such as Shop <shop@example.org>`);
  return { name: sender.name, address: sender.address };
}
