import pg from 'pg';

/**
 * What a failed statement means for its caller, decided once.
 * `away`: Postgres cannot be asked now; the same statement may succeed later, and may have been carried out.
 * `busy`: it lost to another transaction and was rolled back; ask again at once.
 * `data`: a row of it can never be stored.
 */
export type DatabaseFault = 'away' | 'busy' | 'data';

const BUSY_STATES = new Set(['40P01', '40001']);
// Connection exceptions, insufficient resources, operator intervention (shutdown, statement timeout), system errors.
const AWAY_CLASSES = new Set(['08', '53', '57', '58']);

export function faultOf(error: unknown): DatabaseFault {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return 'away';
  if (BUSY_STATES.has(error.code)) return 'busy';
  return AWAY_CLASSES.has(error.code.slice(0, 2)) ? 'away' : 'data';
}

/**
 * Runs a group, and when Postgres refuses a row of it, its halves, until the guilty one is alone.
 * @returns a result for each item in order; the guilty items have their error instead
 * @throws what says that Postgres is away
 */
export async function isolate<T, R>(
  items: T[],
  run: (items: T[]) => Promise<readonly R[]>,
): Promise<(R | Error)[]> {
  try {
    return [...(await run(items))];
  } catch (error) {
    if (faultOf(error) !== 'data') throw error;
    if (items.length === 1) return [error instanceof Error ? error : new Error(String(error))];
    const middle = Math.ceil(items.length / 2);
    const first = await isolate(items.slice(0, middle), run);
    return [...first, ...(await isolate(items.slice(middle), run))];
  }
}
