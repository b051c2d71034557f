import type { Channel } from '@fanfare/contracts';
import { NOW } from './accept.ts';
import type { Database, Statement } from './connect.ts';

/** An open row that nothing has moved on for too long. `since` is when it should have moved, in epoch ms. */
export type Stuck = { id: string; channel: Channel; since: number };

export type OpenRows = {
  stuck: Stuck[];
  /** No open row entered its state before this moment: the next look may begin here. */
  settledBefore: number;
};

/** Longer than a lost lease, a relay and a rebalance together take. */
const PATIENCE = `interval '5 minutes'`;
/** So that the backlog of one channel does not hide what is stuck in another. */
const LIMIT_PER_CHANNEL = 500;

// Rows enter a state at \`at\`; no open one is older than \`settledBefore\`. The range keeps the look on the few newest
// blocks of the table (a BRIN index, which unlike others does not stand in the way of updates in place).
const FIND: Statement = {
  name: 'find_open',
  text: `
    WITH open AS (
      SELECT id, channel, at, greatest(republished_at, CASE state
          WHEN 'retrying' THEN due_at WHEN 'processing' THEN lease_until ELSE at END) AS since
      FROM deliveries
      WHERE at >= to_timestamp($1 / 1000.0) AND at <= now() - ${PATIENCE}
        AND state IN ('accepted', 'retrying', 'processing')
    )
    SELECT id, channel, since, NULL::timestamptz AS settled_before FROM (
      SELECT *, row_number() OVER (PARTITION BY channel ORDER BY at) AS place
      FROM open WHERE since <= now() - ${PATIENCE}) AS overdue
    WHERE place <= ${LIMIT_PER_CHANNEL}
    UNION ALL
    SELECT NULL, NULL, NULL, coalesce(min(at), ${NOW} - ${PATIENCE}) FROM open`,
};

type FoundRow = { id: string | null; channel: Channel; since: number; settled_before: number | null };

/** Looks for open rows that should have moved on at least 5 minutes ago, of those that entered their state at or after `from`. */
export async function findStuck(db: Database, from: number): Promise<OpenRows> {
  const rows = await db.query<FoundRow>(FIND, [from]);
  return {
    stuck: rows.flatMap(({ id, channel, since }) => (id === null ? [] : [{ id, channel, since }])),
    settledBefore: rows.find(({ id }) => id === null)?.settled_before ?? from,
  };
}

const STAMP: Statement = {
  name: 'stamp_republished',
  text: `
    WITH locked AS MATERIALIZED (
      SELECT id FROM deliveries WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
    )
    UPDATE deliveries d SET republished_at = now() FROM locked WHERE d.id = locked.id`,
};

/** Notes that the rows' records were published again: their patience begins anew. */
export async function stampRepublished(db: Database, ids: string[]): Promise<void> {
  await db.query(STAMP, [ids]);
}
