import { inTime } from '@fanfare/runtime';
import pg from 'pg';
import { classify, DatabaseAway, DatabaseUnreachable, isBusy } from './faults.ts';

export type Row = Record<string, unknown>;

/** A statement prepared once per connection under its name. */
export type Statement = { name: string; text: string };

export type Database = {
  /**
   * Runs one statement in a transaction of its own.
   * @throws DatabaseAway or RowRefused
   */
  query<T extends Row>(statement: Statement, values: unknown[]): Promise<T[]>;
  /** Fails within 2 s when Postgres does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
};

export type DatabaseOptions = {
  url: string;
  /** Connections at most; each serves one statement at a time. */
  connectionsMax?: number;
  /** Told of a connection that broke while idle, which the pool replaces. A service's logger fits. */
  log?: { warn: (message: string, fields: { error: Error }) => void };
};

const INT8 = 20;
const TIMESTAMPTZ = 1184;
/** A statement that takes longer has met a lock or a lost server; its caller asks again. */
const STATEMENT_TIMEOUT_MS = 15_000;
const CHECK_TIMEOUT_MS = 2_000;

/**
 * Planned once for a connection, whatever the parameters: planning anew costs 0.4 ms a statement. That once may be
 * while a table is nearly empty and reading all of it is the best plan, which at 100 000 rows takes 60 ms a claim
 * instead of 1. Every hot statement has a key to look its rows up by, so the planner is not offered anything else.
 */
const SESSION = {
  timezone: 'UTC',
  datestyle: 'ISO',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  jit: 'off',
};

/** Times come back as epoch milliseconds and counts as numbers: all of ours are below 2^53. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === TIMESTAMPTZ) return (text: string) => Date.parse(text);
    if (oid === INT8) return Number;
    return pg.types.getTypeParser(oid, format);
  },
};

/** Opens a pool; connects when first used, so that a service starts while Postgres is away. */
export function connectDatabase({ url, connectionsMax = 8, log }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    types,
    connectionTimeoutMillis: 5_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // A reply that never comes (a frozen server) must not hold a caller for ever.
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    options: Object.entries(SESSION)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  pool.on('error', (error) => log?.warn('a database connection broke', { error }));
  return {
    query: (statement, values) => queryUntilUndisturbed(pool, { ...statement, values }, BUSY_RETRIES_MAX),
    check: async () => void (await within(CHECK_TIMEOUT_MS, pool.query('SELECT 1'))),
    close: () => pool.end(),
  };
}

/** A deadlock or a serialisation failure ends by itself within a try or two. */
const BUSY_RETRIES_MAX = 5;

async function queryUntilUndisturbed<T extends Row>(
  pool: pg.Pool,
  query: pg.QueryConfig,
  retriesMax: number,
): Promise<T[]> {
  try {
    return await queryOnce<T>(pool, query);
  } catch (error) {
    if (retriesMax === 0 || !isBusy(error)) throw classify(error);
    return queryUntilUndisturbed(pool, query, retriesMax - 1);
  }
}

/** A connection that breaks says so twice: to its query, and as an event that must not go unheard. */
const heard = (): void => {};

/** A failure to get a connection is told apart: nothing was sent then. */
async function queryOnce<T extends Row>(pool: pg.Pool, query: pg.QueryConfig): Promise<T[]> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new DatabaseUnreachable(error instanceof Error ? error.message : String(error), { cause: error });
  });
  client.once('error', heard);
  try {
    const { rows } = await client.query<T>(query);
    client.off('error', heard);
    client.release();
    return rows;
  } catch (error) {
    // The connection of a failed statement is in an unknown state; the pool makes another.
    client.release(true);
    throw error;
  }
}

/** The time to get a connection counts too. What comes later than that is let go. */
export async function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  try {
    return await inTime(timeoutMs, answer, () => new DatabaseAway(`no answer in ${timeoutMs} ms`));
  } catch (error) {
    throw classify(error);
  }
}
