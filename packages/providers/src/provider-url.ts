/** The address of a provider, and who signs in there. */
export type ProviderUrl = { url: URL; user: string; password: string };

/** @throws Error that says what is wrong without the address: it holds a password */
export function readProviderUrl(name: string, text: string): ProviderUrl {
  try {
    const url = new URL(text);
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return { url, user, password };
  } catch {
    throw new Error(`the URL of the provider ${name} cannot be read`);
  }
}
