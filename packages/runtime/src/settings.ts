/**
 * The kinds of setting a service may have, as zod schemas over the text of an environment variable.
 * Each refuses with a phrase that completes `NAME: ...`, because an operator reads it with no code at hand.
 */
import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';

/** A TCP port; 0 lets the system choose a free one. */
export const port = () => parsed('must be a port, 0-65535', (text) => whole(text, 0, 65_535));

/** A whole number of at least 1. */
export const positiveInt = () => integer({ min: 1 });

/** A whole number within bounds, both included. */
export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) {
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return parsed(`must be a whole number ${bounds}`, (text) => whole(text, min, max));
}

/** A share from 0 (never) to 1 (always). */
export const ratio = () =>
  parsed('must be a number from 0 to 1', (text) =>
    /^\d*\.?\d+$/.test(text) && Number(text) <= 1 ? Number(text) : undefined,
  );

/** A length of time in milliseconds: a bare number of them, or a number with `ms`, `s`, `m`, `h` or `d`. */
export const durationMs = () =>
  parsed('must be milliseconds or a time like 500ms, 30s, 2m, 1h', milliseconds);

/** Lengths of time, `30s,1m,2m`, in milliseconds. */
export const durationsMs = () =>
  parsed('must be a list of times like 30s,1m,2m', (text) => each(text, milliseconds));

/** `true` or `false`, and the other ways people write them. */
export const boolean = () =>
  parsed('must be true or false', (text) =>
    /^(true|1|yes|on)$/i.test(text) ? true : /^(false|0|no|off)$/i.test(text) ? false : undefined,
  );

/** One of a few words. */
export const oneOf = <const V extends string>(values: readonly V[]) =>
  parsed(`must be one of ${values.join(', ')}`, (text) => values.find((value) => value === text));

/** Some of a few words, comma-separated. */
export const someOf = <const V extends string>(values: readonly V[]) =>
  parsed(`must be a list out of ${values.join(', ')}`, (text) =>
    each(text, (word) => values.find((value) => value === word)),
  );

/** Different names, `primary,backup`, that can be part of a setting's name. */
export const names = () =>
  parsed('must be a list of different names like primary,backup', (text) => {
    const found = each(text, (name) => (/^[a-z][a-z0-9_]{0,31}$/.test(name) ? name : undefined));
    return found === undefined || new Set(found).size < found.length ? undefined : found;
  });

/** An absolute URL of one of the protocols (`['http', 'https']`), kept as text. */
export const url = (protocols: readonly string[]) =>
  parsed(`must be a URL like ${protocols[0]}://host:port`, (text) =>
    URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)) ? text : undefined,
  );

/** Addresses `host:port,host:port`, as a client library takes them. */
export const hostPorts = () =>
  parsed('must be a list of addresses like 127.0.0.1:29092', (text) =>
    each(text, (address) => (/^(\[[\da-f:.]+\]|[\w.-]+):\d{1,5}$/i.test(address) ? address : undefined)),
  );

/** Proxies in front of a server: how many there are, or their addresses and networks. */
export const proxies = () =>
  parsed('must be a number of proxies, or their addresses like 10.0.0.7,10.1.0.0/16', (text) => {
    if (text === 'true' || text === 'false') return text === 'true' ? 1 : 0;
    return whole(text, 0, PROXIES_MAX) ?? each(text, (word) => (isNetwork(word) ? word : undefined));
  });

/** Origins of web pages, as a browser says them. */
export const origins = () =>
  parsed('must be a list of origins like https://app.example.com', (text) =>
    each(text, (word) => (URL.canParse(word) && new URL(word).origin === word ? word : undefined)),
  );

/** Any text, as it is. */
export const text = () => z.string();

/** Marks a setting whose value is never printed, not even in the message that refuses it. */
export const secret = <S extends z.ZodType>(schema: S): S => schema.meta({ secret: true });

function parsed<T>(says: string, parse: (text: string) => T | undefined) {
  return z.string().transform((input, context): T => {
    const value = parse(input.trim());
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: says, input });
    return z.NEVER;
  });
}

const PROXIES_MAX = 100;

function isNetwork(word: string): boolean {
  const [address = '', bits, ...more] = word.split('/');
  const bitsMax = isIPv6(address) ? 128 : 32;
  const isSize = bits === undefined || whole(bits, 1, bitsMax) !== undefined;
  return isIP(address) !== 0 && isSize && more.length === 0;
}

function whole(input: string, min: number, max: number): number | undefined {
  const value = /^-?\d+$/.test(input) ? Number(input) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Node's longest timer, 24.8 days; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

function milliseconds(input: string): number | undefined {
  const [, digits, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(input) ?? [];
  const ms = Math.round(Number(digits) * (unitMs[unit] ?? Number.NaN));
  return ms <= TIMER_MAX_MS ? ms : undefined;
}

function each<T>(input: string, parse: (member: string) => T | undefined): T[] | undefined {
  const members = input.split(',').map((member) => parse(member.trim()));
  const good = members.filter((member) => member !== undefined);
  return good.length === members.length ? good : undefined;
}
