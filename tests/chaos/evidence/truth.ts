import type { Database } from '@fanfare/db';
import { DELIVERY_STATES, isTerminal } from '@fanfare/domain';
import type { Row } from '../ledger/evidence.ts';

/** What Postgres says: the truth beside what clients read of it. */
export function readRows(db: Database): Promise<Row[]> {
  return db.query<Row>(
    {
      name: 'chaos_rows',
      text: `
        SELECT d.id, n.correlation_id, d.state, d.cycle, d.fence, d.attempt, d.max_attempts, d.delivery_mode,
          d.expires_at, d.dead_letter_reason, n.status, n.version
        FROM deliveries d LEFT JOIN notifications n USING (id) ORDER BY d.id`,
    },
    [],
  );
}

/** The versions in each trace that clients read. */
export async function readTraces(db: Database): Promise<Map<string, number[]>> {
  const rows = await db.query<{ id: string; versions: number[] }>(
    {
      name: 'chaos_traces',
      text: `SELECT notification_id AS id, array_agg(version) AS versions FROM status_events GROUP BY notification_id`,
    },
    [],
  );
  return new Map(rows.map(({ id, versions }) => [id, versions]));
}

export async function countIndexed(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    { name: 'chaos_letters', text: 'SELECT count(*) FROM dead_letters' },
    [],
  );
  return row?.count ?? 0;
}

/** What still has to happen by Postgres' own account. */
export type Unfinished = { open: number; promised: number };

export async function countUnfinished(db: Database): Promise<Unfinished> {
  const [row] = await db.query<Unfinished>(
    {
      name: 'chaos_unfinished',
      text: `
        SELECT (SELECT count(*) FROM deliveries WHERE state <> ALL ($1)) AS open,
          (SELECT count(*) FROM outbox) AS promised`,
    },
    [DELIVERY_STATES.filter(isTerminal)],
  );
  return row ?? { open: 0, promised: 0 };
}
