// For tests alone, those of the services too: `@fanfare/db/fixture`.
import { randomUUIDv7 } from 'node:crypto';
import type { StatusEvent } from '@fanfare/contracts';
import { acceptedDelivery, type Delivery, type Draft } from '@fanfare/domain';
import { draftOf } from '@fanfare/domain/fixture';
import { freshDatabase } from '@fanfare/testkit';
import type { Accepted, AcceptGroup } from './accept.ts';
import { acceptGroup } from './accept.ts';
import type { ClaimRequest, Settlement } from './claim.ts';
import { connectDatabase, type Database, type Row } from './connect.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { ListFilter } from './list.ts';
import { migrate } from './migrate.ts';

/** A database of its own for the tests of a `describe`. */
export type TestDatabase = {
  readonly db: Database;
  readonly url: string;
  /** Another pool, as another process has one; closed with the database at the latest. */
  connect: (connectionsMax?: number) => Database;
  sql: <T extends Row>(text: string, values?: unknown[]) => Promise<T[]>;
  /** Runs what races on a pool of its own; returns how many deadlocks that made, which being asked again hides. */
  deadlocksOf: (connections: number, race: (db: Database) => Promise<unknown>) => Promise<number>;
};

/** Creates it with the newest tables before the tests, and drops it after them. */
export function useDatabase(): TestDatabase {
  const open = new Set<Database>();
  let created: Awaited<ReturnType<typeof freshDatabase>> | undefined;
  let main: Database | undefined;
  const test: TestDatabase = {
    get url() {
      if (created === undefined) throw new Error('the database exists only while tests run');
      return created.url;
    },
    get db() {
      main ??= test.connect();
      return main;
    },
    connect: (connectionsMax = 4) => connectTo(test.url, connectionsMax, open),
    sql: (text, values = []) => test.db.query({ name: '', text }, values),
    deadlocksOf: (connections, race) => deadlocksOf(test, connections, race),
  };
  before(async () => {
    created = await freshDatabase();
    await migrate(created.url);
  });
  after(async () => {
    await Promise.all([...open].map((db) => db.close()));
    await created?.drop();
  });
  return test;
}

function connectTo(url: string, connectionsMax: number, open: Set<Database>): Database {
  const pool = connectDatabase({ url, connectionsMax });
  const db = {
    ...pool,
    close: () => {
      open.delete(db);
      return pool.close();
    },
  };
  open.add(db);
  return db;
}

/** A connection tells its statistics at the latest when it ends, so all of the race's must have ended. */
async function deadlocksOf(
  { url, sql }: TestDatabase,
  connections: number,
  race: (db: Database) => Promise<unknown>,
): Promise<number> {
  const named = new URL(url);
  named.searchParams.set('application_name', 'race');
  const db = connectDatabase({ url: named.href, connectionsMax: connections });
  try {
    await race(db);
  } finally {
    await db.close();
  }
  const isOver = `SELECT FROM pg_stat_activity WHERE application_name = 'race' AND datname = current_database()`;
  while ((await sql(isOver)).length > 0) continue;
  const [row] = await sql<{ deadlocks: number }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return row?.deadlocks ?? Number.NaN;
}

/** A notification to store, of an id of its own. */
export function accepted(change: Partial<Draft> = {}, identity: Partial<Accepted> = {}): Accepted {
  return {
    draft: draftOf({ recipient: '+15550100123', content: 'Merhaba dünya 🎉', ...change }),
    id: randomUUIDv7(),
    tenant_id: 'default',
    batch_id: null,
    correlation_id: null,
    idempotency_key: null,
    source: null,
    ...identity,
  };
}

export function groupOf(notifications: Accepted[], group: Partial<AcceptGroup> = {}): AcceptGroup {
  return { notifications, batch: null, outboxId: randomUUIDv7(), publishedOutboxIds: [], ...group };
}

/** Stores notifications as REST does; returns their ids. */
export async function store(db: Database, drafts: Partial<Draft>[]): Promise<string[]> {
  const notifications = drafts.map((draft) => accepted(draft));
  await acceptGroup(db, groupOf(notifications));
  return notifications.map(({ id }) => id);
}

/** Every notification there is. */
export const ANY: ListFilter = {
  status: null,
  channel: null,
  priority: null,
  batch_id: null,
  template_id: null,
  correlation_id: null,
  created_after: null,
  created_before: null,
};

/** An event of a notification that has no provider's answer yet. */
export function eventOf(
  notification_id: string,
  status: string,
  version: number,
  change: Partial<StatusEvent> = {},
): StatusEvent {
  return {
    notification_id,
    tenant_id: 'default',
    batch_id: null,
    template_id: null,
    channel: 'sms',
    priority: 'normal',
    status,
    version,
    cycle: 0,
    attempt: 0,
    max_attempts: 5,
    at: 1_780_000_000_000,
    started_at: null,
    duration_ms: null,
    provider: null,
    provider_message_id: null,
    outcome: null,
    reason: null,
    next_retry_at: null,
    correlation_id: null,
    source: null,
    ...change,
  };
}

/** The claim that the first work record of a notification asks for. */
export function firstClaim(id: string, change: Partial<ClaimRequest> = {}): ClaimRequest {
  return { id, cycle: 0, fence: 0, attempt: 1, claimed_from: 'notifications.sms.normal/0/1', ...change };
}

/** The settlement of the first claim by a provider that took the notification. */
export function delivered(id: string, change: Partial<Settlement> = {}): Settlement {
  return {
    id,
    fence: 1,
    state: 'delivered',
    delay_ms: null,
    duration_ms: 12,
    provider: 'acme',
    provider_message_id: `m-${id}`,
    outcome: 'accepted',
    reason: null,
    dead_letter_reason: null,
    ...change,
  };
}

let letterOffset = 0;

/** A dead letter at a place of its own, of a notification that failed in its first cycle. */
export function deadLetter(change: Partial<DeadLetter> = {}): DeadLetter {
  letterOffset += 1;
  return {
    log_partition: 0,
    log_offset: letterOffset,
    notification_id: randomUUIDv7(),
    cycle: 0,
    channel: 'sms',
    reason: 'attempts_exhausted',
    message: 'HTTP 503',
    source_topic: 'notifications.sms.high',
    source_partition: 3,
    source_offset: letterOffset,
    created_at: 1_780_000_000_000 + letterOffset,
    ...change,
  };
}

/** The row of a notification that was accepted at `at`, as the domain describes it. */
export function freshRow({ id, draft }: Accepted, at: number): Delivery {
  return acceptedDelivery({ id, ...draft }, at);
}

/** Sets columns of a row directly, for states that would take time to come to. */
export async function force({ sql }: TestDatabase, id: string, assignments: string): Promise<void> {
  await sql(`UPDATE deliveries SET ${assignments} WHERE id = $1`, [id]);
}

/** The items in another order, the same for the same seed: sorted by a number that a generator draws for each. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const drawn = items.map((item) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return { item, draw: state };
  });
  return drawn.toSorted((a, b) => a.draw - b.draw).map(({ item }) => item);
}
