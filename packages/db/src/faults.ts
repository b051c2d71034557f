import pg from 'pg';

/** Postgres cannot be asked now; the same statement may succeed later. */
export class DatabaseAway extends Error {
  readonly code = 'database_away';
  override readonly name: string = 'DatabaseAway';
}

/** There was no connection to send the statement over: it was surely not carried out. */
export class DatabaseUnreachable extends DatabaseAway {
  override readonly name = 'DatabaseUnreachable';
}

/** A row of the statement can never be stored as it is. Nothing of the statement was carried out. */
export class RowRefused extends Error {
  readonly code = 'row_refused';
  override readonly name = 'RowRefused';
}

const BUSY_STATES = new Set(['40P01', '40001']);
// Data exceptions, integrity constraints, program limits: these are the row's fault. Everything else is not, neither a
// missing table nor a standby that may only be read, and must never cost a notification.
const REFUSAL_CLASSES = new Set(['22', '23', '54']);

/** It lost to another transaction and was rolled back; asking again at once is right. */
export function isBusy(error: unknown): boolean {
  return error instanceof pg.DatabaseError && BUSY_STATES.has(error.code ?? '');
}

/** What a statement's error means for its caller, decided here and nowhere else. */
export function classify(error: unknown): DatabaseAway | RowRefused {
  if (error instanceof DatabaseAway || error instanceof RowRefused) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const isRefusal = cause instanceof pg.DatabaseError && REFUSAL_CLASSES.has((cause.code ?? '').slice(0, 2));
  return isRefusal ? new RowRefused(cause.message, { cause }) : new DatabaseAway(cause.message, { cause });
}

/** Another row has the name that this one was to have. */
export function isNameTaken(error: unknown): boolean {
  const cause = error instanceof RowRefused ? error.cause : null;
  return (
    cause instanceof pg.DatabaseError &&
    cause.code === '23505' &&
    cause.constraint === 'templates_tenant_id_name_key'
  );
}

/**
 * Runs a group, and when Postgres refuses a row of it, its halves, until the guilty one is alone.
 * @returns a result for each item in order; the guilty items have their error instead
 * @throws whatever else `run` throws
 */
export async function isolate<T, R>(
  items: T[],
  run: (items: T[]) => Promise<readonly R[]>,
): Promise<(R | RowRefused)[]> {
  try {
    return [...(await run(items))];
  } catch (error) {
    if (!(error instanceof RowRefused)) throw error;
    if (items.length === 1) return [error];
    const middle = Math.ceil(items.length / 2);
    const first = await isolate(items.slice(0, middle), run);
    return [...first, ...(await isolate(items.slice(middle), run))];
  }
}
