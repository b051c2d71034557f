import type { DeadLetterReason } from '@fanfare/contracts';
import type { ClaimTicket, Delivery } from '@fanfare/domain';
import { NOW } from './accept.ts';
import type { Database, Statement } from './connect.ts';
import { promise } from './promise.ts';
import { type Columns, columnValues, unnest } from './recordset.ts';

/** Columns of a row as {@link Delivery} has them. */
export const DELIVERY_COLUMNS = `d.id, d.state, d.cycle, d.attempt, d.max_attempts, d.fence, d.due_at, d.expires_at,
  d.delivery_mode, d.at, d.started_at, d.duration_ms, d.provider, d.provider_message_id, d.outcome, d.reason`;

/** A row, and what only delivery needs of it. */
export type HeldDelivery = Delivery & {
  claimed_from: string | null;
  lease_until: number | null;
  accepted_at: number;
  dead_letter_reason: DeadLetterReason | null;
};
export const HELD_COLUMNS = `${DELIVERY_COLUMNS}, d.claimed_from, d.lease_until, d.accepted_at,
  d.dead_letter_reason`;

export type ClaimRequest = ClaimTicket & {
  id: string;
  /** The record this claim is made for, as `topic/partition/offset`. */
  claimed_from: string;
};

/**
 * What a claim found. `granted`: the attempt is the caller's until the lease ends. `ended`: the claim itself ended
 * the notification (expired, or a worker that died too often). `refused`: the row, unchanged, says why.
 */
export type Claim = { verdict: 'granted' | 'ended' | 'refused'; delivery: HeldDelivery };

/** A worker that died three times over one attempt will die a fourth time. */
const RECLAIMS_MAX = 3;

const INPUT = {
  id: 'uuid',
  cycle: 'integer',
  fence: 'integer',
  attempt: 'integer',
  claimed_from: 'text',
} satisfies Columns;

// The rows are locked first, in id order, and judged as they are under the lock; the update then only carries the
// judgement out. A row that is missing comes back not at all.
const CLAIM: Statement = {
  name: 'claim',
  text: `
    WITH input AS (SELECT * FROM ${unnest(INPUT)}),
    locked AS MATERIALIZED (
      SELECT d.*, i.attempt AS next_attempt, i.claimed_from AS next_claimed_from, CASE
          WHEN d.state IN ('accepted', 'retrying') AND d.cycle = i.cycle AND d.fence = i.fence THEN
            CASE WHEN d.expires_at <= now() THEN 'expire' ELSE 'claim' END
          WHEN d.state = 'processing' AND d.cycle = i.cycle AND d.attempt = i.attempt AND d.lease_until <= now() THEN
            CASE WHEN d.reclaims >= ${RECLAIMS_MAX} THEN 'crash_loop'
                 WHEN d.delivery_mode = 'at_most_once' OR d.expires_at <= now() THEN 'unknown'
                 ELSE 'reclaim' END
          ELSE 'refuse'
        END AS judgement
      FROM deliveries d JOIN input i USING (id)
      ORDER BY d.id FOR UPDATE OF d
    ),
    changed AS (
      UPDATE deliveries d SET
        state = CASE l.judgement WHEN 'claim' THEN 'processing' WHEN 'reclaim' THEN 'processing'
                  WHEN 'expire' THEN 'expired' ELSE 'failed' END,
        attempt = CASE WHEN l.judgement IN ('claim', 'reclaim') THEN l.next_attempt ELSE d.attempt END,
        fence = CASE WHEN l.judgement IN ('claim', 'reclaim') THEN d.fence + 1 ELSE d.fence END,
        reclaims = CASE l.judgement WHEN 'reclaim' THEN d.reclaims + 1 WHEN 'claim' THEN 0 ELSE d.reclaims END,
        lease_until = CASE WHEN l.judgement IN ('claim', 'reclaim')
                        THEN now() + $${Object.keys(INPUT).length + 1} * interval '1 millisecond' END,
        claimed_from = l.next_claimed_from,
        due_at = NULL, at = ${NOW},
        started_at = CASE WHEN l.judgement IN ('claim', 'reclaim') THEN ${NOW} ELSE d.started_at END,
        duration_ms = NULL, provider = NULL, provider_message_id = NULL,
        outcome = CASE WHEN l.judgement IN ('unknown', 'crash_loop') THEN 'unknown' END,
        reason = CASE l.judgement
          WHEN 'expire' THEN 'expires_at has passed'
          WHEN 'crash_loop' THEN 'the worker died each time it tried'
          WHEN 'unknown' THEN 'the worker died and the provider''s answer is not known' END,
        dead_letter_reason = CASE l.judgement
          WHEN 'crash_loop' THEN 'worker_crash_loop' WHEN 'unknown' THEN 'unknown_outcome' END
      FROM locked l WHERE d.id = l.id AND l.judgement <> 'refuse'
      RETURNING ${HELD_COLUMNS}
    )
    SELECT CASE state WHEN 'processing' THEN 'granted' ELSE 'ended' END AS verdict, changed.* FROM changed
    UNION ALL
    SELECT 'refused', ${HELD_COLUMNS} FROM locked d WHERE d.judgement = 'refuse'`,
};

/**
 * Claims the attempts of a group of records. The ids must be distinct.
 * @returns what was found, by id; an id without a row is missing
 */
export async function claim(
  db: Database,
  requests: ClaimRequest[],
  leaseMs: number,
): Promise<Map<string, Claim>> {
  const rows = await db.query<HeldDelivery & { verdict: Claim['verdict'] }>(CLAIM, [
    ...columnValues(INPUT, requests),
    leaseMs,
  ]);
  return new Map(rows.map(({ verdict, ...delivery }) => [delivery.id, { verdict, delivery }]));
}

/** The end of a claimed attempt. */
export type Settlement = {
  id: string;
  /** The fence of the claim; a newer claim makes this settlement void. */
  fence: number;
  state: 'delivered' | 'failed' | 'retrying' | 'expired';
  /** For `retrying`: how long to wait, counted by the database's clock. */
  delay_ms: number | null;
  duration_ms: number | null;
  provider: string | null;
  provider_message_id: string | null;
  outcome: string | null;
  reason: string | null;
  dead_letter_reason: DeadLetterReason | null;
};

const SETTLEMENT = {
  id: 'uuid',
  fence: 'integer',
  state: 'text',
  delay_ms: 'integer',
  duration_ms: 'integer',
  provider: 'text',
  provider_message_id: 'text',
  outcome: 'text',
  reason: 'text',
  dead_letter_reason: 'text',
} satisfies Columns;

const SETTLE: Statement = {
  name: 'settle',
  text: `
    WITH input AS (SELECT * FROM ${unnest(SETTLEMENT)}),
    locked AS MATERIALIZED (
      SELECT d.*, d.state = 'processing' AND d.fence = i.fence AS mine, i.state AS new_state, i.delay_ms,
        i.duration_ms AS new_duration_ms, i.provider AS new_provider,
        i.provider_message_id AS new_provider_message_id, i.outcome AS new_outcome, i.reason AS new_reason,
        i.dead_letter_reason AS new_dead_letter_reason
      FROM deliveries d JOIN input i USING (id) ORDER BY d.id FOR UPDATE OF d
    ),
    changed AS (
      UPDATE deliveries d SET
        state = l.new_state,
        lease_until = NULL,
        due_at = CASE WHEN l.new_state = 'retrying' THEN ${NOW} + l.delay_ms * interval '1 millisecond' END,
        at = ${NOW},
        duration_ms = l.new_duration_ms, provider = l.new_provider,
        provider_message_id = l.new_provider_message_id, outcome = l.new_outcome, reason = l.new_reason,
        dead_letter_reason = l.new_dead_letter_reason
      FROM locked l WHERE d.id = l.id AND l.mine
      RETURNING ${HELD_COLUMNS}
    )
    SELECT true AS settled, changed.* FROM changed
    UNION ALL
    SELECT false, ${HELD_COLUMNS} FROM locked d WHERE NOT d.mine`,
};

export type Settled = { settled: boolean; delivery: HeldDelivery };

/**
 * Ends claimed attempts. A row whose fence has moved on is left as it is and comes back with `settled` false.
 * @returns every row as it now is, by id
 */
export async function settle(db: Database, settlements: Settlement[]): Promise<Map<string, Settled>> {
  const rows = await db.query<HeldDelivery & { settled: boolean }>(
    SETTLE,
    columnValues(SETTLEMENT, settlements),
  );
  return new Map(rows.map(({ settled, ...delivery }) => [delivery.id, { settled, delivery }]));
}

const LATE = {
  id: 'uuid',
  provider: 'text',
  provider_message_id: 'text',
  duration_ms: 'integer',
} satisfies Columns;

// What was sent is said to be sent. No offset stands behind this change, so an outbox row does.
const DELIVER_LATE: Statement = {
  name: 'deliver_late',
  text: `
    WITH input AS (SELECT * FROM ${unnest(LATE)}),
    locked AS MATERIALIZED (
      SELECT d.id, i.duration_ms, i.provider, i.provider_message_id
      FROM deliveries d JOIN input i USING (id) ORDER BY d.id FOR UPDATE OF d
    ),
    changed AS (
      UPDATE deliveries d SET state = 'delivered', lease_until = NULL, due_at = NULL, at = ${NOW},
        duration_ms = l.duration_ms, provider = l.provider, provider_message_id = l.provider_message_id,
        outcome = 'accepted', reason = NULL, dead_letter_reason = NULL
      FROM locked l WHERE d.id = l.id AND d.state NOT IN ('scheduled', 'delivered')
      RETURNING d.id
    )
    ${promise('changed', 'gen_random_uuid()', 'caller')}`,
};

export type LateDelivery = Pick<Settlement, 'id' | 'provider' | 'provider_message_id' | 'duration_ms'>;

/** Records calls that were accepted although another claim, or an end, had overtaken them; their events are relayed. */
export async function deliverLate(db: Database, late: LateDelivery[]): Promise<void> {
  await db.query(DELIVER_LATE, columnValues(LATE, late));
}
