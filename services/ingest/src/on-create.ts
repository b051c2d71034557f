import type { BatchResource, NotificationResource } from '@fanfare/contracts';
import type { Accepted, IdempotencyKey } from '@fanfare/db';
import {
  type Draft,
  type Fault,
  isRecord,
  objectFault,
  validateNotification,
  type Validated,
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

const BATCH_SIZE_MAX = 1_000;

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
  const [result] = await rendered(deps, [valid(validate(deps, body))]);
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
  const { drafts, metadata } = validBatch(deps, body);
  const members = validAll(await rendered(deps, drafts));
  const id = deps.newId();
  // Ids of the same millisecond are in no order: sorted, they keep that of the members.
  const ids = members.map(() => deps.newId()).toSorted();
  const identity = { batch_id: id, correlation_id: correlationId, idempotency_key: null };
  const notifications = members.map((member, index) => identify(member, ids[index] ?? '', identity));
  const batch = { id, size: notifications.length, metadata, correlation_id: correlationId };
  const acceptance = await deps.acceptBatch({ notifications, batch, traceparent, key });
  if (acceptance === null) return null;
  const created_at = new Date(acceptance.at).toISOString();
  return { id, size: batch.size, correlation_id: correlationId, created_at };
}

function validate({ limits, now }: CreateDeps, input: unknown): Validated<Draft> {
  return validateNotification(input, { limits, now: now(), unknownFields: 'refuse' });
}

function valid<T>(validated: Validated<T>): T {
  if (!validated.ok) throw invalid(validated.faults);
  return validated.value;
}

function validAll<T>(members: Validated<T>[]): T[] {
  const { values, faults } = separated(members);
  if (faults.length > 0) throw invalid(faults);
  return values;
}

type Batch = { drafts: Draft[]; metadata: Record<string, unknown> | null };

function validBatch(deps: CreateDeps, body: unknown): Batch {
  if (!isRecord(body)) throw invalid([fault('', 'must be an object')]);
  const { notifications, metadata = null, ...unknown } = body;
  const wrongMetadata = metadata === null ? null : objectFault(metadata);
  const members = validMembers(deps, notifications);
  const faults = [
    ...Object.keys(unknown).map((field) => fault(field, 'is not a field of a batch')),
    ...(wrongMetadata === null ? [] : [fault('metadata', wrongMetadata)]),
    ...members.faults,
  ];
  if (faults.length > 0) throw invalid(faults);
  return { drafts: members.drafts, metadata: isRecord(metadata) ? metadata : null };
}

function validMembers(deps: CreateDeps, members: unknown): { drafts: Draft[]; faults: Fault[] } {
  if (!Array.isArray(members) || members.length < 1 || members.length > BATCH_SIZE_MAX)
    return { drafts: [], faults: [fault('notifications', `must be an array of 1 to ${BATCH_SIZE_MAX}`)] };
  const { values, faults } = separated(members.map((member) => validate(deps, member)));
  return { drafts: values, faults };
}

/** Every fault of every member, under its index. */
function separated<T>(members: Validated<T>[]): { values: T[]; faults: Fault[] } {
  return {
    values: members.flatMap((member) => (member.ok ? [member.value] : [])),
    faults: members.flatMap((member, index) => (member.ok ? [] : member.faults.map(under(index)))),
  };
}

function under(index: number): (fault: Fault) => Fault {
  const prefix = `notifications[${index}]`;
  return (member) => ({ ...member, field: member.field === '' ? prefix : `${prefix}.${member.field}` });
}

function fault(field: string, message: string): Fault {
  return { field, message, type: 'invalid-request' };
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
  const created_at = new Date(at).toISOString();
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

function rfc3339(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
