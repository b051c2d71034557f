import { hash, randomUUID } from 'node:crypto';
import { STATUS_TOPIC, type StatusEvent } from '@fanfare/contracts';
import { acceptGroup, type Accepted, type Database, forgetOutbox } from '@fanfare/db';
import { accepted as anAccepted } from '@fanfare/db/fixture';
import { acceptedDelivery, type Delivery, statusEvent } from '@fanfare/domain';
import type { Publisher } from '@fanfare/kafka';

/** Notifications that are accepted, and whose states come to the status log late, more than once and in any order. */
export type Journeys = {
  /** Accepts so many more and tells some of their states and of those before. */
  tell: (notifications: number) => Promise<void>;
  /** Tells what is untold, and resolves with the ids of all. */
  end: () => Promise<string[]>;
  /** Accepts one that stays as it is, and tells so. */
  queue: () => Promise<string>;
};

type Deps = { db: Database; publisher: Publisher; encode: (event: StatusEvent) => Buffer };

/** Of each notification: queued, processing, retrying, processing, delivered. */
export const STATES = 5;
/** One event in so many is told twice. */
const TWICE_EVERY = 4;

export function createJourneys(deps: Deps): Journeys {
  const ids: string[] = [];
  let untold: StatusEvent[] = [];
  let tick = 0;

  const tell = async (notifications: number): Promise<void> => {
    tick += 1;
    const accepted = await accept(deps, notifications);
    ids.push(...accepted.map(({ id }) => id));
    const events = accepted.flatMap(eventsOf);
    const mixed = [...untold, ...events, ...events.filter((_, i) => i % TWICE_EVERY === 0)].toSorted(
      byChance(tick),
    );
    untold = mixed.splice(Math.ceil(mixed.length / 2));
    await publish(deps, mixed);
  };

  return {
    tell,
    end: async () => {
      await publish(deps, untold);
      return ids;
    },
    queue: async () => {
      const accepted = await accept(deps, 1);
      await publish(
        deps,
        accepted.flatMap((one) => eventsOf(one).slice(0, 1)),
      );
      return accepted.map(({ id }) => id).join();
    },
  };
}

async function accept({ db }: Deps, count: number): Promise<Accepted[]> {
  const notifications = Array.from({ length: count }, notification);
  const outboxId = randomUUID();
  await acceptGroup(db, { notifications, batch: null, outboxId, publishedOutboxIds: [] });
  await forgetOutbox(db, [outboxId]);
  return notifications;
}

function notification(): Accepted {
  const draft = { channel: 'push', recipient: 'device:1', content: 'Merhaba dünya' } as const;
  return anAccepted(draft, { correlation_id: 'c-1' });
}

/** As of one whose first attempt met an outage. */
function eventsOf({ draft, ...identity }: Accepted): StatusEvent[] {
  const at = Date.now();
  const start = acceptedDelivery({ id: identity.id, ...draft }, at);
  const tried = { ...start, attempt: 1, fence: 1, started_at: at + 10 };
  const failed = {
    due_at: at + 5_000,
    outcome: 'unavailable',
    reason: 'HTTP 503',
    provider: 'acme',
    duration_ms: 3,
  };
  const again = { ...start, attempt: 2, fence: 2, started_at: at + 5_000 };
  const sent = {
    outcome: 'accepted',
    provider: 'acme',
    provider_message_id: `m-${identity.id}`,
    duration_ms: 12,
  };
  const rows: Delivery[] = [
    start,
    { ...tried, state: 'processing', at: at + 10 },
    { ...tried, ...failed, state: 'retrying', at: at + 13 },
    { ...again, state: 'processing', at: at + 5_000 },
    { ...again, ...sent, state: 'delivered', at: at + 5_012 },
  ];
  return rows.map((row) => statusEvent({ ...draft, ...identity }, row));
}

/** An order of its own for each seed. */
function byChance(seed: number): (a: StatusEvent, b: StatusEvent) => number {
  const draw = ({ notification_id, version }: StatusEvent): string =>
    hash('md5', `${seed} ${notification_id} ${version}`);
  return (a, b) => draw(a).localeCompare(draw(b));
}

async function publish({ publisher, encode }: Deps, events: StatusEvent[]): Promise<void> {
  await publisher.publish(
    events.map((event) => ({ topic: STATUS_TOPIC, key: event.notification_id, value: encode(event) })),
  );
}
