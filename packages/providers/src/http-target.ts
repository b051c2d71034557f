import { type ProviderUrl, readProviderUrl } from './provider-url.ts';

export type HttpTarget = {
  origin: string;
  path: string;
  /** Names and values in turn: what every call has. */
  headers: string[];
  /** What a vendor may repeat and nobody else is to read. */
  secrets: string[];
};

type Settings = {
  name: string;
  url: string;
  authorization?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
};

/**
 * Where calls go and how they sign in.
 * @throws Error that says what is wrong, without the secrets
 */
export function readTarget({ name, url, authorization, headers = {} }: Settings): HttpTarget {
  const target = readProviderUrl(name, url);
  const signIn = authorization ?? basicOf(target);
  const further = Object.entries(headers);
  if (signIn !== null) further.push(['Authorization', signIn]);
  refuseUnfit(name, further);
  return {
    origin: target.url.origin,
    path: `${target.url.pathname}${target.url.search}`,
    headers: ['Content-Type', 'application/json', 'Accept', 'application/json', ...further.flat()],
    secrets: [...secretsOf(target), ...further.flatMap(([, value]) => secretForms(value))],
  };
}

function basicOf({ user, password }: ProviderUrl): string | null {
  return user === '' ? null : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** What the protocol itself or the call sets is not to be set twice. */
const TAKEN = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'traceparent',
  'transfer-encoding',
  'upgrade',
  'x-correlation-id',
]);

function refuseUnfit(name: string, headers: [string, string][]): void {
  const seen = new Set(TAKEN);
  for (const [header, value] of headers) {
    const isFit = /^[\w!#$%&'*+.^`|~-]+$/.test(header) && /^[\t\x20-\x7e]*$/.test(value);
    if (!isFit) throw new Error(`the provider ${name} has a header ${header} that HTTP cannot carry`);
    if (seen.has(header.toLowerCase()))
      throw new Error(`the provider ${name} has its header ${header} already`);
    seen.add(header.toLowerCase());
  }
}

function secretsOf({ url, user, password }: ProviderUrl): string[] {
  return [user, password, url.username, url.password, url.search.slice(1), ...url.searchParams.values()];
}

/** `Bearer x` is a secret, and so is x. */
function secretForms(value: string): string[] {
  return [value, value.replace(/^\w+ +/, '')];
}
