/**
 * What an API key allows: `send` makes, reschedules and cancels notifications; `read` reads everything, also over the
 * WebSocket; `admin` changes what others depend on (templates, dead letters, lanes), and may do all of that too.
 */
export const SCOPES = ['send', 'read', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who makes a request: a key of ours, by its id, or everybody together where none is asked for. */
export type Caller = { id: string; scopes: readonly Scope[] };

/** Every caller where `AUTH_MODE` is `none`. No key has this id. */
export const ANONYMOUS: Caller = { id: 'anonymous', scopes: ['admin'] };

/** A key as its holder sends it; `text` is all of it, and secret. */
export type PresentedKey = { id: string; text: string };

/** Why a request is not carried out: the answer's status, a sentence for people, and the headers that go with it. */
export type Refusal = { status: 401 | 403 | 503; detail: string; headers: Record<string, string> };

/** `wrong`: there is no such key (any more). `unknown`: nobody can say at the moment. */
export type Verdict = Caller | 'wrong' | 'unknown';

export type AuthenticateDeps = {
  /** Looks a key up and compares it; null where none is asked for (`AUTH_MODE=none`). Never rejects. */
  verifyKey: ((key: PresentedKey) => Verdict | Promise<Verdict>) | null;
};

/**
 * Who makes a request, from the `Authorization: Bearer <key>` among its headers (RFC 6750).
 *
 * @param headers as Node gives them, names in lower case
 * @returns the caller, or why there is none; {@link isRefusal} tells them apart, {@link scopeRefusal} goes on
 */
export async function authenticate(
  { verifyKey }: AuthenticateDeps,
  { authorization }: { authorization?: string | undefined },
): Promise<Caller | Refusal> {
  if (verifyKey === null) return ANONYMOUS;
  if (authorization === undefined)
    return unauthorized('send an API key as `Authorization: Bearer <key>`', 'Bearer realm="fanfare"');
  const key = readBearer(authorization);
  const verdict = key === null ? 'wrong' : await verifyKey(key);
  if (verdict === 'wrong') return unauthorized('the API key is not known, or was revoked', INVALID_TOKEN);
  return verdict === 'unknown' ? UNKNOWN : verdict;
}

/** Why a caller may not make a request that needs this scope; null if it may. */
export function scopeRefusal({ scopes }: Caller, needed: Scope): Refusal | null {
  if (scopes.includes(needed) || scopes.includes('admin')) return null;
  const challenge = `Bearer realm="fanfare", error="insufficient_scope", scope="${needed}"`;
  return {
    status: 403,
    detail: `the API key lacks the scope ${needed}`,
    headers: { 'www-authenticate': challenge },
  };
}

export function isRefusal(answer: Caller | Refusal): answer is Refusal {
  return 'status' in answer;
}

/** Longer than any key in use: what is longer is not looked at. */
const HEADER_LENGTH_MAX = 256;
const BEARER = /^bearer +(\S+) *$/i;
const KEY = /^fanfare_([0-9a-f]{16})_[0-9a-f]{64}$/;

/** The key in an `Authorization` header, or null when there is none that could be ours. */
export function readBearer(authorization: string): PresentedKey | null {
  if (authorization.length > HEADER_LENGTH_MAX) return null;
  const [, text = ''] = BEARER.exec(authorization) ?? [];
  const [, id] = KEY.exec(text) ?? [];
  return id === undefined ? null : { id, text };
}

/**
 * A key's text: a prefix that people and secret scanners recognise, the id by which it is looked up, and the secret.
 *
 * @param id 16 lower-case hex digits
 * @param secret 64 of them: 256 random bits, so that one fast hash protects what is stored
 */
export function apiKeyText({ id, secret }: { id: string; secret: string }): string {
  return `fanfare_${id}_${secret}`;
}

const INVALID_TOKEN = 'Bearer realm="fanfare", error="invalid_token"';
const UNKNOWN: Refusal = {
  status: 503,
  detail: 'the API key cannot be looked up; nothing was done',
  headers: { 'retry-after': '1' },
};

function unauthorized(detail: string, challenge: string): Refusal {
  return { status: 401, detail, headers: { 'www-authenticate': challenge } };
}
