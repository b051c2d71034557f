import type { Promised, Publishable } from '@fanfare/db';
import type { JourneyRecords, OutgoingRecord } from '@fanfare/kafka';

export type PublishPromised = (groups: Promised[]) => Promise<void>;

export type PublishDeps = {
  read: (ids: string[]) => Promise<Publishable[]>;
  publish: (records: OutgoingRecord[]) => Promise<void>;
  /** Drops the promises that were kept. */
  forget: (outboxIds: string[]) => Promise<void>;
  records: JourneyRecords;
};

/**
 * Keeps the promise of outbox rows, one after the other: a group is as large as one publish may be, and one that fails
 * takes no other back with it. Each notification is read as it is now, and what that asks for is published.
 */
export function publishPromised({ read, publish, forget, records }: PublishDeps): PublishPromised {
  return async (groups) => {
    for (const { id, notification_ids } of groups) {
      const rows = await read(notification_ids);
      await publish(rows.flatMap(({ notification, delivery }) => records.promised(notification, delivery)));
      await forget([id]);
    }
  };
}
