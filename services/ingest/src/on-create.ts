import type { BatchResource, NotificationResource } from '@fanfare/contracts';
import type { Accepted, IdempotencyKey } from '@fanfare/db';
import {
  allOf,
  rfc3339,
  validateBatch,
  type Validated,
  validateNotification,
  type ValidationRules,
} from '@fanfare/domain';
import type { Acceptance, AcceptRequest } from './accept.ts';
import { type Answer, once, type OnceDeps } from './idempotency.ts';
import { invalid } from './problem.ts';
import { type RenderDeps, rendered, type Rendered } from './rendered.ts';

/** What a request brings besides its body. */
export type RequestContext = {
  correlationId: string;
  traceparent: string | null;
  key: IdempotencyKey | null;
};

export type CreateDeps = OnceDeps &
  RenderDeps & {
    now: () => number;
    /** UUIDv7: ids grow with time, which keeps the tables' pages together. */
    newId: () => string;
    /** Null when another request has its key. */
    acceptOne: (request: AcceptRequest) => Promise<Acceptance | null>;
    acceptBatch: (request: AcceptRequest) => Promise<Acceptance | null>;
    getNotification: (id: string) => Promise<NotificationResource | null>;
    findBatch: (id: string) => Promise<BatchResource | null>;
  };

/** `POST /api/v1/notifications` */
export function onCreate(
  deps: CreateDeps,
  body: unknown,
  context: RequestContext,
): Promise<Answer<NotificationResource>> {
  return once(deps, context.key, {
    make: () => create(deps, body, context),
    rebuild: async ({ resource_id }) => {
      const now = await deps.getNotification(resource_id);
      return now === null ? null : asAccepted(now);
    },
  });
}

async function create(
  deps: CreateDeps,
  body: unknown,
  { correlationId, traceparent, key }: RequestContext,
): Promise<NotificationResource | null> {
  const [result] = await rendered(deps, [valid(validateNotification(body, rulesOf(deps)))]);
  if (result === undefined) throw new Error('a draft was rendered to nothing');
  const identity = { batch_id: null, correlation_id: correlationId, idempotency_key: key?.key ?? null };
  const notification = identify(valid(result), deps.newId(), identity);
  const acceptance = await deps.acceptOne({ notifications: [notification], batch: null, traceparent, key });
  return acceptance === null ? null : resourceOf(notification, acceptance);
}

/** `POST /api/v1/notifications/batch`: all of it or nothing. */
export function onCreateBatch(
  deps: CreateDeps,
  body: unknown,
  context: RequestContext,
): Promise<Answer<BatchResource>> {
  return once(deps, context.key, {
    make: () => createBatch(deps, body, context),
    rebuild: ({ resource_id }) => deps.findBatch(resource_id),
  });
}

async function createBatch(
  deps: CreateDeps,
  body: unknown,
  { correlationId, traceparent, key }: RequestContext,
): Promise<BatchResource | null> {
  const { drafts, metadata } = valid(validateBatch(body, rulesOf(deps)));
  const members = valid(allOf(await rendered(deps, drafts)));
  const id = deps.newId();
  // Ids of the same millisecond are in no order: sorted, they keep that of the members.
  const ids = members.map(() => deps.newId()).toSorted();
  const identity = { batch_id: id, correlation_id: correlationId, idempotency_key: null };
  const notifications = members.map((member, index) => identify(member, ids[index] ?? '', identity));
  const batch = { id, size: notifications.length, metadata, correlation_id: correlationId };
  const acceptance = await deps.acceptBatch({ notifications, batch, traceparent, key });
  if (acceptance === null) return null;
  const created_at = rfc3339(acceptance.at);
  return { id, size: batch.size, correlation_id: correlationId, created_at };
}

function rulesOf({ limits, now }: CreateDeps): ValidationRules {
  return { limits, now: now() };
}

function valid<T>(validated: Validated<T>): T {
  if (!validated.ok) throw invalid(validated.faults);
  return validated.value;
}

function identify(
  member: Rendered,
  id: string,
  identity: Pick<Accepted, 'batch_id' | 'correlation_id' | 'idempotency_key'>,
): Accepted {
  return { ...member, id, tenant_id: 'default', source: null, ...identity };
}

/** Nothing has happened to it yet. */
const UNTOUCHED = {
  next_retry_at: null,
  last_attempted_at: null,
  delivered_at: null,
  failed_at: null,
  cancelled_at: null,
  provider: null,
  provider_message_id: null,
};

/**
 * A notification as the answer to its request showed it. (What was accepted while Kafka was away was `pending` then; by
 * now it is queued, or will be without anybody's help.)
 */
function asAccepted(now: NotificationResource): NotificationResource {
  const status = now.scheduled_at === null ? 'queued' : 'pending';
  return { ...now, status, failure_reason: null, attempts: 0, ...UNTOUCHED, updated_at: now.created_at };
}

function resourceOf({ draft, ...identity }: Accepted, { at, status }: Acceptance): NotificationResource {
  const created_at = rfc3339(at);
  return {
    id: identity.id,
    correlation_id: identity.correlation_id,
    batch_id: identity.batch_id,
    template_id: draft.template_id,
    template_version: identity.template_version ?? null,
    channel: draft.channel,
    recipient: draft.recipient,
    content: draft.content,
    subject: draft.subject,
    html: draft.html,
    metadata: draft.metadata,
    status,
    priority: draft.priority,
    scheduled_at: rfc3339(draft.scheduled_at),
    expires_at: rfc3339(draft.expires_at),
    failure_reason: null,
    attempts: 0,
    max_attempts: draft.max_attempts,
    ...UNTOUCHED,
    idempotency_key: identity.idempotency_key,
    delivery_mode: draft.delivery_mode,
    created_at,
    updated_at: created_at,
  };
}
