import type { Row } from './connect.ts';

/** Columns of a set of records that a statement takes as parameters, by name, with their Postgres types. */
export type Columns = Record<string, string>;

/**
 * SQL for a set of records handed over as one array per column: `unnest($1::uuid[], $2::text[]) AS input(id, channel)`.
 * One text for any number of rows, so the statement is prepared once.
 * @param first number of the first parameter
 */
export function unnest(columns: Columns, first = 1, name = 'input'): string {
  const arrays = Object.values(columns).map((type, index) => `$${index + first}::${type}[]`);
  return `unnest(${arrays.join(', ')}) AS ${name}(${Object.keys(columns).join(', ')})`;
}

/** The parameters that {@link unnest} of the same columns takes. */
export function columnValues(columns: Columns, rows: readonly Row[]): unknown[][] {
  return Object.keys(columns).map((name) => rows.map((row) => row[name] ?? null));
}
