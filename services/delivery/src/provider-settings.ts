import { type Channel, CHANNELS } from '@fanfare/contracts';
import { durationMs, type Environment, names, secret, text, url, z } from '@fanfare/runtime';

/** One provider of a channel, as it is set. */
export type ProviderSettings = {
  name: string;
  /** Its scheme says what it speaks. */
  url: string;
  timeoutMs: number;
  /** Value of the `Authorization` header of a call. */
  authorization: string | undefined;
};

/**
 * Every channel has a chain of providers, in order of preference: those that `SMS_PROVIDERS` names, each with settings
 * of its own under `SMS_PROVIDER_<NAME>_`, or a single one set by `SMS_PROVIDER_URL`, else by `PROVIDER_URL`. Which
 * settings there are is known at run time alone, so the type says none.
 */
export function providerSettings(env: Environment): Record<string, z.ZodType> {
  return {
    PROVIDER_URL: providerUrl(HTTP)
      .default('http://127.0.0.1:8090/')
      .describe('Where the HTTP provider of every channel is that has no other'),
    PROVIDER_AUTHORIZATION: authorization(),
    SMTP_URL: providerUrl(SMTP)
      .optional()
      .describe('smtp://user:password@host:port: the provider of email, unless EMAIL_PROVIDERS names others'),
    ...Object.assign({}, ...CHANNELS.map((channel) => settingsOfChannel(channel, env))),
  };
}

/** The chain of a channel, the preferred provider first. */
export function providersOf(settings: object, channel: Channel): ProviderSettings[] {
  const given = z.record(z.string(), z.unknown()).parse(settings);
  const { PROVIDER_TIMEOUT_MS } = z.object({ PROVIDER_TIMEOUT_MS: z.number() }).parse(given);
  const read = (prefix: string) => provider.parse(under(given, prefix));
  const chain = z.array(z.string()).optional().parse(given[`${channel.toUpperCase()}_PROVIDERS`]);
  const found =
    chain === undefined
      ? [unnamed(given, channel)]
      : chain.map((name) => ({ name, ...read(prefixOf(channel, name)) }));
  return found.map(({ name, URL: where, TIMEOUT_MS, AUTHORIZATION }) => ({
    name,
    url: where,
    timeoutMs: TIMEOUT_MS ?? PROVIDER_TIMEOUT_MS,
    authorization: AUTHORIZATION,
  }));
}

/**
 * Most calls of a channel at a time: as many as each of its providers has connections. What waited for one with its time
 * running would time out, and be served in no order of priority.
 */
export function slotsOf(settings: object, channel: Channel): number {
  return Math.min(...providersOf(settings, channel).map((one) => connectionsTo(one, settings)));
}

/** Most connections to a provider. */
export function connectionsTo({ url: where }: ProviderSettings, settings: object): number {
  const { SMTP_CONNECTIONS, DELIVERY_CONCURRENCY } = limits.parse(settings);
  return isSmtp(where) ? Math.min(SMTP_CONNECTIONS, DELIVERY_CONCURRENCY) : DELIVERY_CONCURRENCY;
}

/** What is wrong between settings of providers: the setting and the fault. */
export function faultsOf(settings: object): [setting: string, fault: string][] {
  const found: [string, string][] = [];
  const { LEASE_MS, STOP_TIMEOUT_MS, EMAIL_FROM } = rules.parse(settings);
  const all = CHANNELS.flatMap((channel) => providersOf(settings, channel));
  const longestMs = Math.max(...all.map(({ timeoutMs }) => timeoutMs));
  const leastMs = longestMs + SETTLE_MS;
  const tooShort = `must be at least ${leastMs}: the longest time-out of a provider and ${SETTLE_MS} to settle the call`;
  // A lease, and a stop, must outlive the calls that they cover.
  if (LEASE_MS < leastMs) found.push(['LEASE_MS', tooShort]);
  if (STOP_TIMEOUT_MS < leastMs) found.push(['STOP_TIMEOUT_MS', tooShort]);
  if (EMAIL_FROM === undefined && all.some(({ url: where }) => isSmtp(where) && !hasSender(where)))
    found.push(['EMAIL_FROM', 'must be set for a provider that speaks SMTP']);
  return found;
}

const HTTP = ['http', 'https'];
const SMTP = ['smtp', 'smtps'];
const SETTLE_MS = 2_000;

const limits = z.object({ SMTP_CONNECTIONS: z.number(), DELIVERY_CONCURRENCY: z.number() });
const rules = z.object({
  LEASE_MS: z.number(),
  STOP_TIMEOUT_MS: z.number(),
  EMAIL_FROM: z.string().optional(),
});
const provider = z.object({
  URL: z.string(),
  TIMEOUT_MS: z.number().optional(),
  AUTHORIZATION: z.string().optional(),
});

function settingsOfChannel(channel: Channel, env: Environment): Record<string, z.ZodType> {
  const prefix = channel.toUpperCase();
  const chain = namesIn(env[`${prefix}_PROVIDERS`]);
  const own = (chain ?? []).map((name) => settingsOfProvider(channel, name));
  return {
    ...(chain === null ? {} : strangers(channel, chain, env)),
    [`${prefix}_PROVIDERS`]: names()
      .optional()
      .describe(
        `Providers of ${channel}, the preferred first, each set by ${prefix}_PROVIDER_<NAME>_URL, _TIMEOUT_MS, _AUTHORIZATION`,
      ),
    [`${prefix}_PROVIDER_URL`]: urlOf(channel).optional().describe(`The provider of ${channel}`),
    [`${prefix}_PROVIDER_AUTHORIZATION`]: authorization(),
    ...Object.assign({}, ...own),
  };
}

function settingsOfProvider(channel: Channel, name: string): Record<string, z.ZodType> {
  const prefix = prefixOf(channel, name);
  return {
    [`${prefix}URL`]: urlOf(channel).describe(`Where ${name} of ${channel} is`),
    [`${prefix}TIMEOUT_MS`]: durationMs().optional().describe('PROVIDER_TIMEOUT_MS where it is left out'),
    [`${prefix}AUTHORIZATION`]: authorization(),
  };
}

/** A setting of a provider that is in no chain is a slip of the pen, and would otherwise go unnoticed. */
function strangers(channel: Channel, chain: string[], env: Environment): Record<string, z.ZodType> {
  const setting = new RegExp(`^${channel.toUpperCase()}_PROVIDER_(\\w+)_(URL|TIMEOUT_MS|AUTHORIZATION)$`);
  const refused = secret(
    z.string().refine(() => false, `is of no provider in ${channel.toUpperCase()}_PROVIDERS`),
  );
  const isStranger = (key: string): boolean => {
    const name = setting.exec(key)?.[1]?.toLowerCase();
    return name !== undefined && !chain.includes(name);
  };
  return Object.fromEntries(
    Object.keys(env)
      .filter(isStranger)
      .map((key) => [key, refused]),
  );
}

/** Null for a list that is not one: its own setting says so. */
function namesIn(list: string | undefined): string[] | null {
  return list === undefined ? [] : (names().safeParse(list).data ?? null);
}

function unnamed(given: Record<string, unknown>, channel: Channel) {
  const own = under(given, `${channel.toUpperCase()}_PROVIDER_`);
  const smtp = channel === 'email' ? given['SMTP_URL'] : undefined;
  if (smtp !== undefined) return { name: 'smtp', ...provider.parse({ URL: smtp }) };
  // Credentials go with the address they were given for, never to another.
  const set = provider.parse(own['URL'] === undefined ? under(given, 'PROVIDER_') : own);
  return { name: isSmtp(set.URL) ? 'smtp' : 'http', ...set };
}

function under(given: Record<string, unknown>, prefix: string): Record<string, unknown> {
  const own = Object.entries(given).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

function prefixOf(channel: Channel, name: string): string {
  return `${channel}_PROVIDER_${name}_`.toUpperCase();
}

function urlOf(channel: Channel) {
  return providerUrl(channel === 'email' ? [...HTTP, ...SMTP] : HTTP);
}

function providerUrl(schemes: readonly string[]) {
  return url(schemes).refine(hasPassword, 'names a user without a password');
}

function hasPassword(where: string): boolean {
  const { username, password } = new URL(where);
  return username === '' || password !== '';
}

function hasSender(where: string): boolean {
  return new URL(where).searchParams.has('from');
}

function isSmtp(where: string): boolean {
  return SMTP.includes(new URL(where).protocol.slice(0, -1));
}

function authorization() {
  return secret(text()).optional().describe('Value of the Authorization header of its calls');
}
