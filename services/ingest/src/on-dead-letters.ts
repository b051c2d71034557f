import type {
  DeadLetterPage,
  DeadLetterResolution,
  DeadLetterResource,
  PurgeReport,
  RedriveReport,
} from '@fanfare/contracts';
import {
  DatabaseAway,
  type DeadLetterFilter,
  type DeadLetterPosition,
  type DeadLetterSearch,
  type Resolutions,
} from '@fanfare/db';
import { rfc3339 } from '@fanfare/domain';
import { isSince, type Repeat } from './idempotency.ts';
import {
  cursorAt,
  readListRequest,
  readPurgeRequest,
  readRedriveRequest,
} from './on-dead-letters-request.ts';
import { notFound, problem, unavailable } from './problem.ts';

/** How many open letters match, and when that was so, in epoch milliseconds. */
type Count = { found: number; at: number };

export type DeadLetterDeps = {
  listDeadLetters: (
    search: DeadLetterSearch,
    page: { limit: number; after: DeadLetterPosition | null },
  ) => Promise<DeadLetterResource[]>;
  getDeadLetter: (id: string) => Promise<DeadLetterResource | null>;
  deleteDeadLetter: (id: string) => Promise<boolean>;
  purgeDeadLetters: (search: DeadLetterSearch, limit: number) => Promise<number>;
  countDeadLetters: (search: DeadLetterSearch) => Promise<Count>;
  countOpenDeadLetters: (filter: DeadLetterFilter, beyond: number) => Promise<Count>;
  /** One transaction: the truth, what clients read, and the promise to publish it, which the scheduler keeps. */
  redriveDeadLetters: (filter: DeadLetterFilter, limit: number) => Promise<Resolutions>;
  redriveDeadLetter: (id: string) => Promise<DeadLetterResolution | null>;
  previewRedrive: (filter: DeadLetterFilter) => Promise<Resolutions>;
  monotonicMs: () => number;
  sleep: (ms: number) => Promise<void>;
};

/** What one call looks at; its caller asks again while any remain, and sees how it goes on. */
const LETTERS_PER_CALL_MAX = 1_000;
/** About 50 ms in one transaction: nobody waits long for a row of it. */
const LETTERS_PER_TRANSACTION_MAX = 500;
/** A call at a low rate is done after so long, although it might look at more. */
const PACED_CALL_MS_MAX = 5_000;

/** `GET /api/v1/dead-letters` */
export async function onListDeadLetters(
  { listDeadLetters }: DeadLetterDeps,
  query: unknown,
): Promise<DeadLetterPage> {
  const { search, limit, after } = readListRequest(query);
  const found = await listDeadLetters(search, { limit: limit + 1, after });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: found.length > limit && last !== undefined ? cursorAt(last) : null };
}

/** `GET /api/v1/dead-letters/{id}` */
export async function onReadDeadLetter(
  { getDeadLetter }: DeadLetterDeps,
  id: string,
): Promise<DeadLetterResource> {
  const letter = await getDeadLetter(id);
  if (letter === null) throw notFound(id);
  return letter;
}

/** `DELETE /api/v1/dead-letters/{id}` */
export async function onDeleteDeadLetter({ deleteDeadLetter }: DeadLetterDeps, id: string): Promise<void> {
  if (!(await deleteDeadLetter(id))) throw notFound(id);
}

const WHY_NOT: Record<Exclude<DeadLetterResolution, 'redriven'>, string> = {
  already_redriven: 'its notification has been redriven already',
  delivered: 'its notification is delivered',
  cancelled: 'its notification is cancelled',
  expired: 'its notification has expired',
  not_redrivable: 'there is no failed notification behind it',
};

/** `POST /api/v1/dead-letters/{id}/redrive`: under a key that came before it was redriven, it is what was asked for. */
export async function onRedriveOne(
  deps: DeadLetterDeps,
  id: string,
  repeat: Repeat | null = null,
): Promise<DeadLetterResource> {
  const resolution = await toldOnce(deps.redriveDeadLetter(id));
  if (resolution === null) throw notFound(id);
  const letter = await onReadDeadLetter(deps, id);
  const isRepeated = letter.resolution === 'redriven' && isSince(letter.resolved_at, repeat);
  if (resolution !== 'redriven' && !isRepeated)
    throw problem('not-redrivable', { detail: WHY_NOT[resolution] });
  return letter;
}

/** `POST /api/v1/dead-letters/redrive`: so much of it as one call does. */
export async function onRedrive(deps: DeadLetterDeps, body: unknown): Promise<RedriveReport> {
  const { filter, dryRun, rate } = readRedriveRequest(body);
  const done = dryRun ? await deps.previewRedrive(filter) : await toldOnce(redrivePaced(deps, filter, rate));
  // A dry run has left all that it looked at open.
  const { found, at } = await deps.countOpenDeadLetters(filter, dryRun ? sizeOf(done) : 0);
  const { redriven, not_redrivable, ...skipped } = done;
  const as_of = rfc3339(at);
  return { dry_run: dryRun, redriven, skipped, not_redrivable, remaining: found, as_of };
}

/** `POST /api/v1/dead-letters/purge`: so much of it as one call does. */
export async function onPurge(deps: DeadLetterDeps, body: unknown): Promise<PurgeReport> {
  const { search, dryRun } = readPurgeRequest(body);
  const purged = dryRun ? 0 : await deps.purgeDeadLetters(search, LETTERS_PER_CALL_MAX);
  const { found, at } = await deps.countDeadLetters(search);
  const [deleted, remaining] = dryRun ? [found, 0] : [purged, found];
  return { dry_run: dryRun, deleted, remaining, as_of: rfc3339(at) };
}

/**
 * Transaction by transaction. Answers no sooner than `rate` allows what it redrove, so that a caller that asks again
 * at once keeps to the rate as well.
 */
async function redrivePaced(
  deps: DeadLetterDeps,
  filter: DeadLetterFilter,
  rate: number | null,
): Promise<Resolutions> {
  const startedAtMs = deps.monotonicMs();
  const elapsedMs = (): number => deps.monotonicMs() - startedAtMs;
  let done = NOTHING;
  for (;;) {
    const left = LETTERS_PER_CALL_MAX - sizeOf(done);
    const limit = Math.min(left, LETTERS_PER_TRANSACTION_MAX, rate ?? Infinity);
    const group = await deps.redriveDeadLetters(filter, limit);
    done = sum(done, group);
    if (rate !== null) await deps.sleep(Math.max(0, (done.redriven / rate) * 1_000 - elapsedMs()));
    const isLate = rate !== null && elapsedMs() >= PACED_CALL_MS_MAX;
    if (isLate || limit === left || sizeOf(group) < limit) return done;
  }
}

const NOTHING: Resolutions = {
  redriven: 0,
  already_redriven: 0,
  delivered: 0,
  cancelled: 0,
  expired: 0,
  not_redrivable: 0,
};

function sizeOf(counts: Resolutions): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function sum(one: Resolutions, other: Resolutions): Resolutions {
  return {
    redriven: one.redriven + other.redriven,
    already_redriven: one.already_redriven + other.already_redriven,
    delivered: one.delivered + other.delivered,
    cancelled: one.cancelled + other.cancelled,
    expired: one.expired + other.expired,
    not_redrivable: one.not_redrivable + other.not_redrivable,
  };
}

/** Whose reply was lost may have been carried out; the same request again does the rest, and nothing twice. */
async function toldOnce<T>(redriving: Promise<T>): Promise<T> {
  try {
    return await redriving;
  } catch (error) {
    if (!(error instanceof DatabaseAway)) throw error;
    throw unavailable(
      'the database went away; some may have been redriven, the same request goes on with the rest',
    );
  }
}
