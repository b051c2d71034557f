import { httpProvider } from './http.ts';
import { readProviderUrl } from './provider-url.ts';
import type { Provider } from './provider.ts';
import { smtpProvider } from './smtp.ts';

export type ProviderOptions = {
  name: string;
  /** Its scheme says what the vendor speaks: `http`, `https`, `smtp` or `smtps`. */
  url: string;
  timeoutMs: number;
  connections: number;
  /** The sender of mails where an SMTP URL says none. Those who speak HTTP have it in their account. */
  from?: string | undefined;
  /** The value of the Authorization header, a secret. Over SMTP the URL says who signs in. */
  authorization?: string | undefined;
  /** Further headers over HTTP, whose values are secrets too. */
  headers?: Readonly<Record<string, string>> | undefined;
};

/**
 * The provider that its URL asks for.
 * @throws Error that says what is wrong with the options, without their secrets
 */
export function createProvider({ from, authorization, headers, ...common }: ProviderOptions): Provider {
  const { url } = readProviderUrl(common.name, common.url);
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      return httpProvider({ ...common, authorization, headers });
    case 'smtp:':
    case 'smtps:':
      if (authorization !== undefined || headers !== undefined)
        throw new Error(`the provider ${common.name} speaks SMTP, which has no headers to sign in with`);
      return smtpProvider({ ...common, from });
    default:
      throw new Error(`the URL of the provider ${common.name} must begin with http, https, smtp or smtps`);
  }
}
