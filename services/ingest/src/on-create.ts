import type { BatchResource, NotificationResource } from '@fanfare/contracts';
import type { Accepted } from '@fanfare/db';
import {
  type ContentLimits,
  type Draft,
  type Fault,
  isRecord,
  objectFault,
  validateNotification,
  type Validated,
} from '@fanfare/domain';
import type { Acceptance, AcceptRequest } from './accept.ts';
import { invalid, problem } from './problem.ts';

/** What a request brings besides its body. */
export type RequestContext = { correlationId: string; traceparent: string | null };

export type CreateDeps = {
  limits: ContentLimits;
  now: () => number;
  /** UUIDv7: ids grow with time, which keeps the tables' pages together. */
  newId: () => string;
  acceptOne: (request: AcceptRequest) => Promise<Acceptance>;
  acceptBatch: (request: AcceptRequest) => Promise<Acceptance>;
};

const BATCH_SIZE_MAX = 1_000;

/** `POST /api/v1/notifications` */
export async function onCreate(
  deps: CreateDeps,
  body: unknown,
  context: RequestContext,
): Promise<NotificationResource> {
  const draft = validDraft(validate(deps, body));
  refuseTemplates([draft]);
  const notification = identify(draft, deps.newId(), null, context.correlationId);
  const { traceparent } = context;
  const acceptance = await deps.acceptOne({ notifications: [notification], batch: null, traceparent });
  return resourceOf(notification, acceptance);
}

/** `POST /api/v1/notifications/batch`: all of it or nothing. */
export async function onCreateBatch(
  deps: CreateDeps,
  body: unknown,
  { correlationId, traceparent }: RequestContext,
): Promise<BatchResource> {
  const { drafts, metadata } = validBatch(deps, body);
  refuseTemplates(drafts);
  const id = deps.newId();
  // Ids of the same millisecond are in no order: sorted, they keep that of the members.
  const ids = drafts.map(() => deps.newId()).toSorted();
  const notifications = drafts.map((draft, index) => identify(draft, ids[index] ?? '', id, correlationId));
  const batch = { id, size: notifications.length, metadata, correlation_id: correlationId };
  const { at } = await deps.acceptBatch({ notifications, batch, traceparent });
  return { id, size: batch.size, correlation_id: correlationId, created_at: new Date(at).toISOString() };
}

function validate({ limits, now }: CreateDeps, input: unknown): Validated<Draft> {
  return validateNotification(input, { limits, now: now(), unknownFields: 'refuse' });
}

function validDraft(validated: Validated<Draft>): Draft {
  if (!validated.ok) throw invalid(validated.faults);
  return validated.value;
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

/** Every fault of every member, under its index. */
function validMembers(deps: CreateDeps, members: unknown): { drafts: Draft[]; faults: Fault[] } {
  if (!Array.isArray(members) || members.length < 1 || members.length > BATCH_SIZE_MAX)
    return { drafts: [], faults: [fault('notifications', `must be an array of 1 to ${BATCH_SIZE_MAX}`)] };
  const validated = members.map((member) => validate(deps, member));
  return {
    drafts: validated.flatMap((result) => (result.ok ? [result.value] : [])),
    faults: validated.flatMap((result, index) => (result.ok ? [] : result.faults.map(under(index)))),
  };
}

function under(index: number): (fault: Fault) => Fault {
  const prefix = `notifications[${index}]`;
  return (member) => ({ ...member, field: member.field === '' ? prefix : `${prefix}.${member.field}` });
}

function fault(field: string, message: string): Fault {
  return { field, message, type: 'invalid-request' };
}

/** No template can be made yet, so every id of one is unknown. */
function refuseTemplates(drafts: Draft[]): void {
  const named = drafts.find(({ template_id }) => template_id !== null);
  if (named !== undefined)
    throw problem('unknown-template', { detail: `there is no template ${named.template_id}` });
}

function identify(draft: Draft, id: string, batchId: string | null, correlationId: string): Accepted {
  return {
    draft,
    id,
    tenant_id: 'default',
    batch_id: batchId,
    correlation_id: correlationId,
    idempotency_key: null,
    source: null,
  };
}

function resourceOf({ draft, ...identity }: Accepted, { at, status }: Acceptance): NotificationResource {
  const created_at = new Date(at).toISOString();
  return {
    id: identity.id,
    correlation_id: identity.correlation_id,
    batch_id: identity.batch_id,
    template_id: draft.template_id,
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
    next_retry_at: null,
    last_attempted_at: null,
    delivered_at: null,
    failed_at: null,
    cancelled_at: null,
    provider: null,
    provider_message_id: null,
    idempotency_key: identity.idempotency_key,
    delivery_mode: draft.delivery_mode,
    created_at,
    updated_at: created_at,
  };
}

function rfc3339(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
