import {
  type Accepted,
  type AcceptedBatch,
  type AcceptGroup,
  DatabaseAway,
  DatabaseUnreachable,
  type IdempotencyKey,
  notificationOf,
  type Stored,
  type TakenKey,
} from '@fanfare/db';
import { acceptedDelivery } from '@fanfare/domain';
import type { JourneyRecords, OutgoingRecord } from '@fanfare/kafka';
import type { KafkaLatch } from './kafka-latch.ts';
import type { PublishedGroups } from './published-groups.ts';

/** One request: a notification, or a batch with its members. */
export type AcceptRequest = {
  notifications: Accepted[];
  batch: AcceptedBatch | null;
  traceparent: string | null;
  key: IdempotencyKey | null;
};

/** `queued` once Kafka has it; `pending` while it is scheduled, or stored and still to be relayed to Kafka. */
export type Acceptance = { at: number; status: 'queued' | 'pending' };

export type AcceptDeps = {
  /** One transaction for a group; keys come first. */
  store: (group: AcceptGroup, keys: TakenKey[]) => Promise<Stored>;
  /** Which of these are stored. */
  findAccepted: (ids: string[]) => Promise<{ at: number; stored: ReadonlySet<string> } | null>;
  /** Tells the fast path what is stored under keys; nobody waits for it. */
  remember: (keys: TakenKey[]) => void;
  publish: (records: OutgoingRecord[]) => Promise<void>;
  records: JourneyRecords;
  latch: KafkaLatch;
  published: PublishedGroups;
  newId: () => string;
  log: (message: string, error: unknown) => void;
};

/** The reply to the transaction was lost, and nobody can tell whether it was, or will be, carried out. */
export class MaybeAccepted extends Error {}

/**
 * Accepts the requests of a group: one transaction with the promise to publish them, one round trip to Kafka, and
 * the promise dropped. A crash at any point leaves either nothing, or a promise that the scheduler keeps.
 * All requests or none, but for those whose idempotency key another request has: they are answered null. A batch comes
 * alone.
 */
export async function accept(deps: AcceptDeps, requests: AcceptRequest[]): Promise<(Acceptance | null)[]> {
  const group = groupOf(requests, deps);
  const { at, lost } = await storeOrFind(deps, group, requests);
  const isStored = (request: AcceptRequest): boolean => !lost.has(resourceIdOf(request));
  const stored = requests.filter(isStored);
  deps.remember(keysOf(stored));
  const isPublished = await publishUnlessAway(deps, stored, group.outboxId, at);
  return requests.map((request) => {
    if (!isStored(request)) return null;
    return { at, status: isPublished && isDueNow(request.notifications[0]) ? 'queued' : 'pending' };
  });
}

function groupOf(requests: AcceptRequest[], { newId, published }: AcceptDeps): AcceptGroup {
  return {
    notifications: requests.flatMap(({ notifications }) => notifications),
    batch: requests[0]?.batch ?? null,
    outboxId: newId(),
    publishedOutboxIds: published.take(),
  };
}

/** What the client gets, and what its key stands for. */
function resourceIdOf({ batch, notifications }: AcceptRequest): string {
  return batch?.id ?? notifications[0]?.id ?? '';
}

function keysOf(requests: AcceptRequest[]): TakenKey[] {
  return requests.flatMap((request) =>
    request.key === null ? [] : [{ ...request.key, resource_id: resourceIdOf(request) }],
  );
}

/** Stores the group. When the reply to its commit is lost, it is looked for before the group counts as failed. */
async function storeOrFind(deps: AcceptDeps, group: AcceptGroup, requests: AcceptRequest[]): Promise<Stored> {
  try {
    return await deps.store(group, keysOf(requests));
  } catch (error) {
    deps.published.putBack(group.publishedOutboxIds);
    if (!(error instanceof DatabaseAway) || error instanceof DatabaseUnreachable) throw error;
    deps.log('the accept transaction got no reply', error);
    return await findAfterAll(deps, requests, error);
  }
}

/** What is not there now may still be there in a moment: the lost connection's commit may be under way. */
async function findAfterAll(
  { findAccepted }: AcceptDeps,
  requests: AcceptRequest[],
  cause: DatabaseAway,
): Promise<Stored> {
  const firstOf = ({ notifications }: AcceptRequest): string => notifications[0]?.id ?? '';
  const found = await findAccepted(requests.map(firstOf)).catch(() => null);
  if (found === null) throw new MaybeAccepted('the reply to the commit was lost', { cause });
  const missing = requests.filter((request) => !found.stored.has(firstOf(request)));
  return { at: found.at, lost: new Set(missing.map(resourceIdOf)) };
}

/** A failure here loses nothing: the group's outbox row is committed, and the scheduler relays it. */
async function publishUnlessAway(
  { publish, records, latch, published, log }: AcceptDeps,
  requests: AcceptRequest[],
  outboxId: string,
  at: number,
): Promise<boolean> {
  if (latch.isOpen()) return false;
  try {
    await publish(requests.flatMap((request) => recordsOf(records, request, at)));
    published.add(outboxId);
    return true;
  } catch (error) {
    log('Kafka did not take a group in time; the scheduler will relay it', error);
    latch.open();
    return false;
  }
}

function recordsOf(
  records: JourneyRecords,
  { notifications, traceparent }: AcceptRequest,
  at: number,
): OutgoingRecord[] {
  return notifications.filter(isDueNow).flatMap((accepted) => {
    const notification = notificationOf(accepted, at);
    return records.promised(notification, acceptedDelivery(notification, at), traceparent ?? undefined);
  });
}

function isDueNow(accepted: Accepted | undefined): boolean {
  return accepted?.draft.scheduled_at === null;
}
