import { CHANNELS, PRIORITIES } from '@fanfare/contracts';
import type { Database, Statement } from './connect.ts';

/** What happened in a span of time, by count. */
export type Counts = {
  created: number;
  delivered: number;
  failed: number;
  cancelled: number;
  expired: number;
};

// Counted when it is asked for, out of the rows themselves: exact, whatever process wrote them, and nothing is written for
// it. What was created lies together in the index of each lane. Of the truth a BRIN index leads to the pages in which
// any row has entered its state since; an end is told by its row until a redrive.
const COUNT_LAST_MINUTE: Statement = {
  name: 'count_last_minute',
  text: `
    SELECT
      (SELECT count(*) FROM notifications
       WHERE channel = ANY ($1::text[]) AND priority = ANY ($2::text[])
         AND created_at > now() - interval '1 minute') AS created,
      count(*) FILTER (WHERE state = 'delivered') AS delivered,
      count(*) FILTER (WHERE state = 'failed') AS failed,
      count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
      count(*) FILTER (WHERE state = 'expired') AS expired,
      now() AS at
    FROM deliveries WHERE at > now() - interval '1 minute'`,
};

/** What was created, and what came to an end, in the last minute; and when that was, in epoch milliseconds. */
export async function countLastMinute(db: Database): Promise<Counts & { at: number }> {
  const [row] = await db.query<Counts & { at: number }>(COUNT_LAST_MINUTE, [CHANNELS, PRIORITIES]);
  if (row === undefined) throw new Error('the count statement returned nothing');
  return row;
}
