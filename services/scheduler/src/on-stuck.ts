import type { Channel } from '@fanfare/contracts';
import type { OpenRows, Publishable } from '@fanfare/db';
import { nextTicket } from '@fanfare/domain';
import type { JourneyRecords, OutgoingRecord } from '@fanfare/kafka';

export type StuckDeps = {
  /** Open rows that should have moved on minutes ago, of those that entered their state at or after a moment. */
  findStuck: (from: number) => Promise<OpenRows>;
  /** Whether retry and delivery are done with everything that Kafka had of the channel before a moment. */
  isPast: (channel: Channel, momentMs: number) => Promise<boolean>;
  read: (ids: string[]) => Promise<Publishable[]>;
  stamp: (ids: string[]) => Promise<void>;
  publish: (records: OutgoingRecord[]) => Promise<void>;
  records: JourneyRecords;
  /** Epoch milliseconds. */
  now: () => number;
  log: (message: string, fields: Record<string, unknown>) => void;
};

/** A record is in its topic this long after its row says so at the latest: a publish's deadline, and a relay's wait. */
const MARGIN_MS = 60_000;

/**
 * The net under everything else: rows whose record Kafka should have brought long ago, and will not bring any more
 * since its readers are past it (a topic was lost, or restored from a copy), get a new record. The claim decides, so
 * one too many does no harm.
 * @returns a chore that remembers where it last looked
 */
export function onStuck(deps: StuckDeps, lookBackMs: number): () => Promise<boolean> {
  let from = deps.now() - lookBackMs;
  return async () => {
    const { stuck, settledBefore } = await deps.findStuck(from);
    from = settledBefore;
    let republished = 0;
    for (const [channel, rows] of Map.groupBy(stuck, (row) => row.channel)) {
      const newest = Math.max(...rows.map(({ since }) => since));
      if (await deps.isPast(channel, newest + MARGIN_MS))
        republished += await republish(
          deps,
          rows.map(({ id }) => id),
        );
    }
    if (republished > 0) deps.log('published again what Kafka did not bring', { republished });
    return republished > 0;
  };
}

/** Stamped first: should the publish fail, they are looked at again after their patience, and nothing piles up. */
async function republish({ read, stamp, publish, records }: StuckDeps, ids: string[]): Promise<number> {
  await stamp(ids);
  const rows = await read(ids);
  await publish(rows.map(({ notification, delivery }) => records.work(notification, nextTicket(delivery))));
  return rows.length;
}
