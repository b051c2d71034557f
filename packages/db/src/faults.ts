import pg from 'pg';

/** Postgres cannot be asked now. The same statement may succeed later, and may even have been carried out. */
export class DatabaseAway extends Error {
  readonly code = 'database_away';
  override readonly name = 'DatabaseAway';
}

/** A row of the statement can never be stored as it is. Nothing of the statement was carried out. */
export class RowRefused extends Error {
  readonly code = 'row_refused';
  override readonly name = 'RowRefused';
}

const BUSY_STATES = new Set(['40P01', '40001']);
// Connection exceptions, insufficient resources, operator intervention (shutdown, statement timeout), system errors.
const AWAY_CLASSES = new Set(['08', '53', '57', '58']);

/** It lost to another transaction and was rolled back; asking again at once is right. */
export function isBusy(error: unknown): boolean {
  return error instanceof pg.DatabaseError && BUSY_STATES.has(error.code ?? '');
}

/** What a statement's error means for its caller, decided here and nowhere else. */
export function classify(error: unknown): DatabaseAway | RowRefused {
  const cause = error instanceof Error ? error : new Error(String(error));
  const isRefusal = cause instanceof pg.DatabaseError && !AWAY_CLASSES.has((cause.code ?? '08').slice(0, 2));
  return isRefusal ? new RowRefused(cause.message, { cause }) : new DatabaseAway(cause.message, { cause });
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
