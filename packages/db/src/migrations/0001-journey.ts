import type { Knex } from 'knex';

/** The tables of the journey: what is true of a notification, what clients read, and what is still to be published. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(DELIVERIES);
  await knex.raw(NOTIFICATIONS);
  await knex.raw(STATUS_EVENTS);
  await knex.raw(BOOKKEEPING);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`DROP TABLE outbox, stream_progress, dead_letters, schemas, status_events,
    idempotency_keys, api_keys, template_versions, templates, notifications, batches, deliveries`);
}

// No index holds a column that the happy path changes, so that its updates stay heap-only (HOT): due_at is null
// on it, and the state is left out of every predicate. The fill factor leaves them room on their own page: the rows of
// a page are claimed together and settled together, which takes two more versions of each. (At 60 % a quarter of the
// updates found no room, and the table grew as big all the same.)
const DELIVERIES = `
  CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    digest bytea NOT NULL,
    channel text NOT NULL,
    priority text NOT NULL,
    state text NOT NULL CHECK (state IN
      ('scheduled', 'accepted', 'processing', 'retrying', 'delivered', 'failed', 'cancelled', 'expired')),
    cycle integer NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    fence integer NOT NULL DEFAULT 0,
    reclaims integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    claimed_from text,
    -- When the scheduler has to look at it: to release, to expire; of a retry, when it may be claimed.
    due_at timestamptz,
    expires_at timestamptz,
    delivery_mode text NOT NULL,
    -- When it was accepted, and when its present state was entered.
    accepted_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    started_at timestamptz,
    duration_ms integer,
    provider text,
    provider_message_id text,
    outcome text,
    reason text,
    dead_letter_reason text,
    republished_at timestamptz
  ) WITH (fillfactor = 35);
  CREATE INDEX deliveries_due_at ON deliveries (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX deliveries_at ON deliveries USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
`;

const NOTIFICATIONS = `
  CREATE TABLE batches (
    id uuid PRIMARY KEY,
    tenant_id text NOT NULL DEFAULT 'default',
    size integer NOT NULL,
    metadata json,
    correlation_id text,
    created_at timestamptz NOT NULL
  );
  CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    tenant_id text NOT NULL DEFAULT 'default',
    batch_id uuid,
    template_id uuid,
    template_version integer,
    channel text NOT NULL,
    recipient text NOT NULL,
    content text,
    metadata json,
    priority text NOT NULL,
    correlation_id text,
    idempotency_key text,
    source text,
    scheduled_at timestamptz,
    expires_at timestamptz,
    max_attempts integer NOT NULL,
    delivery_mode text NOT NULL,
    created_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    version integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    failure_reason text,
    next_retry_at timestamptz,
    last_attempted_at timestamptz,
    delivered_at timestamptz,
    failed_at timestamptz,
    cancelled_at timestamptz,
    provider text,
    provider_message_id text,
    updated_at timestamptz NOT NULL
  ) WITH (fillfactor = 40);
  CREATE INDEX notifications_batch_id ON notifications (batch_id, id) WHERE batch_id IS NOT NULL;
  CREATE TABLE templates (
    id uuid PRIMARY KEY,
    tenant_id text NOT NULL DEFAULT 'default',
    name text NOT NULL,
    channel text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
  );
  CREATE TABLE template_versions (
    template_id uuid NOT NULL REFERENCES templates ON DELETE CASCADE,
    version integer NOT NULL,
    body text NOT NULL,
    variables text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (template_id, version)
  );
  CREATE TABLE idempotency_keys (
    caller text NOT NULL,
    path text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    resource_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, path, key)
  );
  CREATE INDEX idempotency_keys_created_at ON idempotency_keys USING brin (created_at);
  CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    tenant_id text NOT NULL DEFAULT 'default',
    name text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
  );
`;

// Partitioned, so that old traces can be dropped by the day instead of deleted; the default partition takes what has
// no day, which is everything until something makes the days.
// The key holds \`at\` because a partitioned table's must; it says the same as (notification, version), since a
// state is entered once.
const STATUS_EVENTS = `
  CREATE TABLE status_events (
    notification_id uuid NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL,
    status text NOT NULL,
    cycle integer NOT NULL,
    attempt integer NOT NULL,
    max_attempts integer NOT NULL,
    batch_id uuid,
    channel text NOT NULL,
    priority text NOT NULL,
    started_at timestamptz,
    duration_ms integer,
    provider text,
    provider_message_id text,
    outcome text,
    reason text,
    next_retry_at timestamptz,
    correlation_id text,
    source text,
    PRIMARY KEY (notification_id, version, at)
  ) PARTITION BY RANGE (at);
  CREATE TABLE status_events_default PARTITION OF status_events DEFAULT;
  CREATE INDEX status_events_log ON status_events (log_partition, log_offset);
`;

const BOOKKEEPING = `
  CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    notification_ids uuid[] NOT NULL,
    -- When somebody else may take the group for abandoned and publish it; also the lease of whoever does.
    relay_after timestamptz NOT NULL DEFAULT now() + interval '10 seconds'
  );
  CREATE INDEX outbox_relay_after ON outbox (relay_after);
  -- What the schema registry said, for when it is away.
  CREATE TABLE schemas (
    id integer PRIMARY KEY,
    schema text NOT NULL
  );
  CREATE TABLE stream_progress (
    topic text NOT NULL,
    topic_id text NOT NULL DEFAULT '',
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
  );
  CREATE TABLE dead_letters (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL,
    notification_id uuid,
    cycle integer NOT NULL DEFAULT 0,
    channel text,
    reason text NOT NULL,
    message text,
    source_topic text,
    source_partition integer,
    source_offset bigint,
    created_at timestamptz NOT NULL,
    -- What a redrive made of it, once one has looked at it.
    resolution text,
    resolved_at timestamptz,
    -- A deleted one keeps its place, or a projector that reads the topic again would bring it back.
    deleted_at timestamptz,
    UNIQUE (log_partition, log_offset)
  );
  CREATE INDEX dead_letters_created_at ON dead_letters (created_at, id);
  CREATE INDEX dead_letters_open ON dead_letters (created_at, id)
    WHERE resolved_at IS NULL AND deleted_at IS NULL;
`;
