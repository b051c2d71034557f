import { hash } from 'node:crypto';
import type { FirstUse, GuardedUse, IdempotencyKey } from '@fanfare/db';
import { canonicalJson, isNestedDeeperThan } from '@fanfare/domain';
import { invalid, problem, ProblemError, unavailable } from './problem.ts';

/** What the first request under a key made, as far as it takes to answer it again. */
export type Made = Pick<FirstUse, 'resource_id' | 'resource_version'>;
type KnownUse = Made & Pick<FirstUse, 'digest'>;

export type OnceDeps = {
  /** The fast path; null when it does not know of such a request with this very body. Never rejects. */
  recallUse: (key: IdempotencyKey) => Promise<Made | null>;
  /** The truth. */
  findFirstUse: (key: IdempotencyKey) => Promise<KnownUse | null>;
};

/** How a request is carried out the first time, and how it is answered again. */
export type Once<T> = {
  /** Null when another request has its key, which it waits for. */
  make: () => Promise<T | null>;
  /** The first answer, from the rows of what was made; null when there are none. */
  rebuild: (made: Made) => Promise<T | null>;
};
export type Answer<T> = { resource: T; isFirst: boolean };

/**
 * Carries a request out, or answers it again. Only what made something keeps its key: after a refusal it is free. What is
 * refused now may have been right the first time, when its `expires_at` was still to come.
 */
export async function once<T extends object>(
  deps: OnceDeps,
  key: IdempotencyKey | null,
  { make, rebuild }: Once<T>,
): Promise<Answer<T>> {
  const recalled = key === null ? null : await deps.recallUse(key);
  // Without the rows it is nothing: the fast path may remember another database.
  const remembered = recalled === null ? null : await rebuild(recalled);
  if (remembered !== null) return { resource: remembered, isFirst: false };
  const made = key === null ? await make() : await madeOrRefused(make);
  if (made !== null && !(made instanceof ProblemError)) return { resource: made, isFirst: true };
  const refusal = made ?? unavailable('the request with the same key has not come to an end');
  if (key === null) throw refusal;
  return { resource: await firstAnswer(deps, key, rebuild, refusal), isFirst: false };
}

async function madeOrRefused<T>(make: Once<T>['make']): Promise<T | ProblemError | null> {
  try {
    return await make();
  } catch (error) {
    if (isClientFault(error)) return error;
    throw error;
  }
}

/** Nothing was done. */
function isClientFault(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.status < 500;
}

async function firstAnswer<T>(
  { findFirstUse }: OnceDeps,
  key: IdempotencyKey,
  rebuild: Once<T>['rebuild'],
  refusal: ProblemError,
): Promise<T> {
  const use = await findFirstUse(key);
  if (use === null) throw refusal;
  refuseMismatch(use, key);
  const answer = await rebuild(use);
  if (answer === null) throw problem('not-found', { detail: 'what this key made is no longer here' });
  return answer;
}

function refuseMismatch({ digest }: Pick<KnownUse, 'digest'>, key: IdempotencyKey): void {
  if (digest.equals(key.digest)) return;
  throw problem('idempotency-key-mismatch', {
    detail: `the key came with another body for ${key.path} before`,
  });
}

export type GuardDeps = {
  guardKey: (key: IdempotencyKey) => Promise<GuardedUse>;
  forgetKey: (key: IdempotencyKey, turn: number) => Promise<void>;
};

/** A key that has come before, or for the first time, and when that was, in epoch milliseconds. */
export type Repeat = {
  isFirst: boolean;
  sinceMs: number;
  /** After a refusal the key is free. */
  onError: (error: unknown) => Promise<void>;
};

/**
 * For a request that does nothing more when it is carried out again, such as a cancel: it is, under a key that came
 * with the same body before. Its answer says what is so then.
 */
export async function guard({ guardKey, forgetKey }: GuardDeps, key: IdempotencyKey): Promise<Repeat> {
  const use = await guardKey(key);
  refuseMismatch(use, key);
  return {
    isFirst: use.is_first,
    sinceMs: use.created_at,
    onError: async (error) => {
      if (isClientFault(error)) await forgetKey(key, use.turn);
    },
  };
}

const KEY = /^[\x20-\x7e]{1,255}$/;
/** Nothing valid has as many levels; what walks a value must not run out of stack. */
const BODY_DEPTH_MAX = 100;

/**
 * The key that a request came with, or null.
 * @param path without the query
 * @throws ProblemError for what cannot be a key
 */
export function readKey(
  header: string | string[] | undefined,
  { caller, path, body }: { caller: string; path: string; body: unknown },
): IdempotencyKey | null {
  if (header === undefined) return null;
  const key = String(header);
  if (!KEY.test(key)) throw invalidRequest('Idempotency-Key', 'must be 1 to 255 printable ASCII characters');
  if (isNestedDeeperThan(BODY_DEPTH_MAX, body))
    throw invalidRequest('', `must be nested at most ${BODY_DEPTH_MAX} levels deep`);
  return { caller, path, key, digest: digestOf(body) };
}

function invalidRequest(field: string, message: string): ProblemError {
  return invalid([{ field, message, type: 'invalid-request' }]);
}

/** The same for the same JSON, whatever the order of its keys and the space between. */
function digestOf(body: unknown): Buffer {
  return hash('sha256', canonicalJson(body ?? null), 'buffer');
}

/** Whether something became so, at this RFC 3339 time, after a key had come for the first time. */
export function isSince(at: string | null, repeat: Repeat | null): boolean {
  return at !== null && repeat !== null && Date.parse(at) >= repeat.sinceMs;
}
