import { hash } from 'node:crypto';
import type { Notification } from '@fanfare/contracts';
import { type Draft, fingerprint } from '@fanfare/domain';
import type { Database, Statement } from './connect.ts';
import { KEYS, lostKeys, takeKeys, type TakenKey } from './idempotency.ts';
import { dropPromises, promise } from './promise.ts';
import { type Columns, columnValues, unnest } from './recordset.ts';

/** A notification about to be stored: what was asked for, under the id it will have. */
export type Accepted = {
  draft: Draft;
  /** Of its template, that it was rendered from. */
  template_version?: number | null;
  /** Where that was in other words: its digest is of these, so that it is the same whenever it is read. */
  asked?: Partial<Draft>;
} & Pick<Notification, 'id' | 'tenant_id' | 'batch_id' | 'correlation_id' | 'idempotency_key' | 'source'>;

export type AcceptedBatch = {
  id: string;
  size: number;
  metadata: Record<string, unknown> | null;
  correlation_id: string | null;
};

export type AcceptGroup = {
  notifications: Accepted[];
  batch: AcceptedBatch | null;
  /** Names the group until Kafka has acknowledged its records. */
  outboxId: string;
  /** Groups whose records Kafka has acknowledged meanwhile: their outbox rows go with this transaction. */
  publishedOutboxIds: string[];
};

const INPUT = {
  id: 'uuid',
  digest: 'bytea',
  tenant_id: 'text',
  batch_id: 'uuid',
  template_id: 'uuid',
  template_version: 'integer',
  channel: 'text',
  recipient: 'text',
  content: 'text',
  subject: 'text',
  html: 'text',
  metadata: 'json',
  priority: 'text',
  correlation_id: 'text',
  idempotency_key: 'text',
  source: 'text',
  scheduled_at: 'bigint',
  expires_at: 'bigint',
  max_attempts: 'integer',
  delivery_mode: 'text',
} satisfies Columns;
const INPUT_WIDTH = Object.keys(INPUT).length;

/** The moment of a statement, in whole milliseconds as events carry it. */
export const NOW = `date_trunc('milliseconds', now())`;
/**
 * SQL that turns a column of epoch milliseconds into a time. Seconds and the rest apart: to_timestamp reads a double,
 * which from the year 2514 on is too coarse for milliseconds.
 */
export const fromMs = (column: string): string =>
  `to_timestamp(${column} / 1000) + ${column} % 1000 * interval '1 millisecond'`;

const INSERT_DELIVERIES = `
  INSERT INTO deliveries
    (id, digest, channel, priority, state, max_attempts, due_at, expires_at, delivery_mode, accepted_at, at)
  SELECT id, digest, channel, priority, CASE WHEN scheduled_at IS NULL THEN 'accepted' ELSE 'scheduled' END,
    max_attempts, ${fromMs('coalesce(scheduled_at, expires_at)')}, ${fromMs('expires_at')}, delivery_mode, ${NOW}, ${NOW}
  FROM input`;

const INSERT_NOTIFICATIONS = `
  INSERT INTO notifications
    (id, tenant_id, batch_id, template_id, template_version, channel, recipient, content, subject, html, metadata,
     priority, correlation_id, idempotency_key, source, scheduled_at, expires_at, max_attempts, delivery_mode,
     created_at, updated_at)
  SELECT id, tenant_id, batch_id, template_id, template_version, channel, recipient, content, subject, html, metadata,
    priority, correlation_id, idempotency_key, source, ${fromMs('scheduled_at')}, ${fromMs('expires_at')}, max_attempts,
    delivery_mode, ${NOW}, ${NOW}
  FROM input`;

const INPUT_ROWS = `SELECT * FROM ${unnest(INPUT)}`;

/** Stores `input`, and the batch unless `isLeftOut` says so of its id. */
function storing(isLeftOut: string, result: string): string {
  return `
    stored_deliveries AS (${INSERT_DELIVERIES}),
    stored_notifications AS (${INSERT_NOTIFICATIONS}),
    stored_batch AS (
      INSERT INTO batches (id, size, metadata, correlation_id, created_at)
      SELECT batch.id, batch.size, batch.metadata, batch.correlation_id, ${NOW}
      FROM json_to_record($${INPUT_WIDTH + 1}) AS batch(id uuid, size integer, metadata json, correlation_id text)
      WHERE batch.id IS NOT NULL AND NOT (${isLeftOut})
    ),
    promised AS (${promise('input WHERE scheduled_at IS NULL', `$${INPUT_WIDTH + 2}::uuid`, 'caller')}),
    kept AS (${dropPromises(`$${INPUT_WIDTH + 3}`)})
    SELECT ${NOW} AS at${result}`;
}

const ACCEPT: Statement = {
  name: 'accept',
  text: `WITH input AS (${INPUT_ROWS}), ${storing('false', '')}`,
};

// Keys come first, in their order, and wait for whoever is storing under one of them: what loses is not stored at all.
const ACCEPT_KEYED: Statement = {
  name: 'accept_keyed',
  text: `
    WITH keys AS (SELECT * FROM ${unnest(KEYS, INPUT_WIDTH + 4, 'keys')}),
    won AS (${takeKeys('keys')}),
    lost AS MATERIALIZED (${lostKeys('keys', 'won')}),
    input AS MATERIALIZED (
      SELECT * FROM (${INPUT_ROWS}) AS asked
      WHERE coalesce(batch_id, id) NOT IN (SELECT resource_id FROM lost)
    ),
    ${storing('batch.id IN (SELECT resource_id FROM lost)', ', ARRAY(SELECT resource_id FROM lost)::text[] AS lost')}`,
};

const ADOPTED = { id: 'uuid', digest: 'bytea' } satisfies Columns;

const ADOPT: Statement = {
  name: 'adopt',
  text: `
    WITH input AS (SELECT * FROM ${unnest(INPUT)}),
    stored_deliveries AS (${INSERT_DELIVERIES} ORDER BY id ON CONFLICT DO NOTHING RETURNING id),
    stored_notifications AS (${INSERT_NOTIFICATIONS} WHERE id IN (SELECT id FROM stored_deliveries))
    SELECT input.id, CASE
        WHEN input.id IN (SELECT id FROM stored_deliveries) THEN 'stored'
        WHEN deliveries.digest = input.digest THEN 'known'
        WHEN deliveries.digest IS NULL THEN 'unseen'
        ELSE 'conflict'
      END AS adopted
    FROM input LEFT JOIN deliveries USING (id)`,
};

const FIND_ADOPTED: Statement = {
  name: 'find_adopted',
  text: `
    SELECT input.id, CASE WHEN deliveries.digest = input.digest THEN 'known' ELSE 'conflict' END AS adopted
    FROM ${unnest(ADOPTED)} JOIN deliveries USING (id)`,
};

const FIND: Statement = {
  name: 'find',
  text: `SELECT id, at FROM deliveries WHERE id = ANY ($1::uuid[]) ORDER BY at`,
};

/**
 * Stores a group, its batch and the promise to publish it in one transaction; nothing of it without the rest.
 * @returns when it was accepted, in epoch milliseconds
 */
export async function acceptGroup(db: Database, group: AcceptGroup): Promise<number> {
  const [row] = await db.query<{ at: number }>(ACCEPT, groupValues(group));
  if (row === undefined) throw new Error('the accept statement returned nothing');
  return row.at;
}

/** What became of a group: when it was accepted, and which notifications and batches of it were not. */
export type Stored = { at: number; lost: ReadonlySet<string> };

/**
 * The same for requests some of which have an idempotency key. Whose key is in use is lost: nothing of it is stored.
 * @param keys each with the id of the notification or batch that is stored under it
 */
export async function acceptKeyed(db: Database, group: AcceptGroup, keys: TakenKey[]): Promise<Stored> {
  if (keys.length === 0) return { at: await acceptGroup(db, group), lost: new Set() };
  const values = [...groupValues(group), ...columnValues(KEYS, keys)];
  const [row] = await db.query<{ at: number; lost: string[] }>(ACCEPT_KEYED, values);
  if (row === undefined) throw new Error('the accept statement returned nothing');
  return { at: row.at, lost: new Set(row.lost) };
}

function groupValues({ notifications, batch, outboxId, publishedOutboxIds }: AcceptGroup): unknown[] {
  return [...inputValues(notifications), JSON.stringify(batch ?? {}), outboxId, publishedOutboxIds];
}

/**
 * What became of a foreign record's notification: `stored` now, `known` from an earlier record that said the same,
 * `conflict` with one that said something else, or `unseen`: another transaction is storing it at this moment.
 */
export type Adopted = 'stored' | 'known' | 'conflict' | 'unseen';

/**
 * Stores notifications that came straight over Kafka. The ids must be distinct.
 * @returns what became of each, in order
 */
export async function adoptForeign(db: Database, notifications: Accepted[]): Promise<Adopted[]> {
  const rows = await db.query<{ id: string; adopted: Adopted }>(ADOPT, inputValues(notifications));
  const byId = new Map(rows.map(({ id, adopted }) => [id, adopted]));
  return notifications.map(({ id }) => byId.get(id) ?? 'unseen');
}

/** What {@link adoptForeign} would say of those whose id is there already; the others are missing. */
export async function findAdopted(db: Database, notifications: Accepted[]): Promise<Map<string, Adopted>> {
  const asked = notifications.map((one) => ({ id: one.id, digest: digestOf(one) }));
  const rows = await db.query<{ id: string; adopted: Adopted }>(FIND_ADOPTED, columnValues(ADOPTED, asked));
  return new Map(rows.map(({ id, adopted }) => [id, adopted]));
}

/**
 * For a caller whose reply was lost: which notifications are stored, and when they were accepted; null when none is. A
 * group is stored as a whole but for what lost its key, so any notification of a request speaks for the request.
 */
export async function findAccepted(
  db: Database,
  ids: string[],
): Promise<{ at: number; stored: ReadonlySet<string> } | null> {
  const rows = await db.query<{ id: string; at: number }>(FIND, [ids]);
  const [first] = rows;
  return first === undefined ? null : { at: first.at, stored: new Set(rows.map(({ id }) => id)) };
}

/** The notification as a record of ours carries it. `at`: when it was accepted, in epoch milliseconds. */
export function notificationOf(accepted: Accepted, at: number): Notification {
  const { id, tenant_id, batch_id, correlation_id, idempotency_key, source, draft } = accepted;
  const identity = { id, tenant_id, batch_id, correlation_id, idempotency_key, source };
  // What is accepted has been rendered: the variables were used up.
  return { ...draft, ...identity, template_variables: null, metadata: metadataText(draft), created_at: at };
}

function metadataText({ metadata }: Draft): string | null {
  return metadata === null ? null : JSON.stringify(metadata);
}

function inputValues(notifications: Accepted[]): unknown[][] {
  return columnValues(
    INPUT,
    notifications.map((accepted) => ({
      ...accepted.draft,
      ...accepted,
      digest: digestOf(accepted),
      metadata: metadataText(accepted.draft),
    })),
  );
}

function digestOf({ draft, asked }: Accepted): Buffer {
  return hash('sha256', fingerprint({ ...draft, ...asked }), 'buffer');
}
