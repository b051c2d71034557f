import type { Channel, DeadLetterReason, Notification } from '@fanfare/contracts';
import type {
  Accepted,
  Adopted,
  Claim,
  ClaimRequest,
  HeldDelivery,
  LateDelivery,
  Settled,
  Settlement,
} from '@fanfare/db';
import {
  acceptedDelivery,
  type Decision,
  decide,
  levelFor,
  nextTicket,
  readTicket,
  release,
  type RetryDelays,
} from '@fanfare/domain';
import {
  type ConsumedRecord,
  deadLetterRecord,
  type JourneyRecords,
  type OutgoingRecord,
  type PublishRefused,
  retryRecord,
  truncatedLetter,
} from '@fanfare/kafka';
import type { Called, ClaimedAttempt } from './call.ts';
import type { Pass } from './gate.ts';
import type { Work } from './read-work.ts';

export type DeliveryDeps = {
  channel: Channel;
  /** Each of these steps tries until it succeeds: Postgres or Kafka may be away for a while, the record waits. */
  readWork: (record: ConsumedRecord) => Promise<Work | 'unreadable now'>;
  /** Runs steps of one notification after each other, so that a group of rows holds no id twice. */
  oneAtATime: <R>(id: string, run: () => Promise<R>) => Promise<R>;
  adopt: (accepted: Accepted) => Promise<Exclude<Adopted, 'unseen'> | Error>;
  claim: (request: ClaimRequest) => Promise<Claim | null>;
  /** A notification whose record has no content, as its row has it; any other as it is. */
  whole: (notification: Notification) => Promise<Notification>;
  settle: (settlement: Settlement) => Promise<Settled | null>;
  deliverLate: (late: LateDelivery) => Promise<void>;
  /** Null for a retry that is no longer the row's state: whoever changed it says what follows. */
  giveUp: (id: string, fence: number, reason: string) => Promise<HeldDelivery | null>;
  /** Without another way for records that Kafka will never take, they are tried for as long as it takes. */
  publish: (
    records: OutgoingRecord[],
    ifRefused?: (refusal: PublishRefused) => Promise<void>,
  ) => Promise<void>;
  /** Never throws for what a provider does. Null: no call was made, or none that counts, so the attempt is given back. */
  call: (attempt: ClaimedAttempt, pass: Pass) => Promise<Called | null>;
  records: JourneyRecords;
  delaysMs: RetryDelays;
  /** Epoch milliseconds. */
  now: () => number;
  monotonicMs: () => number;
  random: () => number;
  /** One wide event for each attempt. */
  observe: (event: Attempt) => void;
};

export type Attempt = {
  notification: Notification;
  delivery: HeldDelivery;
  called: Called;
  decision: Decision;
};

/** Nothing more follows from the record, or it has to be looked at again at that moment (epoch milliseconds). */
export type Verdict = { done: true } | { done: false; againAtMs: number };

/**
 * Delivers one record of a work topic. When it is done, everything that follows from the record is acknowledged by
 * Postgres or Kafka, and its offset may be committed; until then it comes back, and whoever gets it finds in
 * `deliveries` what has happened already.
 */
export async function onRecord(deps: DeliveryDeps, record: ConsumedRecord, pass: Pass): Promise<Verdict> {
  const work = await deps.readWork(record);
  if (work === 'unreadable now') return { done: false, againAtMs: deps.now() + UNREADABLE_WAIT_MS };
  if (work.kind === 'unusable') {
    pass.giveBack();
    return bury(deps, record, work.reason, work.message);
  }
  return deps.oneAtATime(work.notification.id, async () => {
    const refusal = work.kind === 'own' ? null : await adopt(deps, work.accepted);
    return refusal === null ? deliver(deps, record, work, pass) : bury(deps, record, ...refusal);
  });
}

/** A record whose schema cannot be had now waits without a slot: others of its channel can be read. */
const UNREADABLE_WAIT_MS = 1_000;

const DONE: Verdict = { done: true };

type Usable = Exclude<Work, { kind: 'unusable' }>;

/** Stores what came straight over Kafka. Returns why it is not to be delivered, or null. */
async function adopt(
  deps: DeliveryDeps,
  accepted: Accepted,
): Promise<[reason: DeadLetterReason, message: string] | null> {
  const adopted = await deps.adopt(accepted);
  if (adopted instanceof Error) return ['invalid', adopted.message];
  return adopted === 'conflict' ? ['id_conflict', 'another notification has this id'] : null;
}

async function deliver(
  deps: DeliveryDeps,
  record: ConsumedRecord,
  work: Usable,
  pass: Pass,
): Promise<Verdict> {
  const { notification } = work;
  const claimedAtMs = deps.monotonicMs();
  const claim = await deps.claim(claimRequest(record, notification.id));
  // No call follows, and publishing may take as long as Kafka is away: the pass serves another record, or the probe.
  if (claim?.verdict !== 'granted') pass.giveBack();
  if (claim === null) return bury(deps, record, 'row_missing', 'no notification with this id was accepted');
  const { verdict, delivery } = claim;
  if (verdict === 'refused') return refused(deps, record, work, delivery);
  if (verdict === 'granted') await attempt(deps, { notification, delivery, record, claimedAtMs }, work, pass);
  else await publishFromQueued(deps, record, work, delivery);
  return DONE;
}

/** Refused claims: the row, read under its lock, says what is still to be done for this very record. */
async function refused(
  deps: DeliveryDeps,
  record: ConsumedRecord,
  work: Usable,
  delivery: HeldDelivery,
): Promise<Verdict> {
  // A copy at another offset, an older attempt, a cancelled one: nothing follows from this record.
  if (delivery.claimed_from !== positionOf(record)) return DONE;
  // Its worker died within the attempt: the record is ours again when the lease is over.
  if (delivery.state === 'processing') return { done: false, againAtMs: delivery.lease_until ?? deps.now() };
  // It was settled and the worker died before publishing: the row tells what, and telling it twice does no harm.
  await publishFromQueued(deps, record, work, delivery);
  return DONE;
}

/** Begins with `queued` where nobody may have said it: the claim was the end, or its worker died before it could. */
async function publishFromQueued(
  deps: DeliveryDeps,
  record: ConsumedRecord,
  work: Usable,
  delivery: HeldDelivery,
): Promise<void> {
  const queued = queuedEvents(deps, work, delivery);
  if (queued.length > 0) await deps.publish(queued);
  await publishWhatFollows(deps, record, work.notification, delivery);
}

async function attempt(deps: DeliveryDeps, claimed: ClaimedAttempt, work: Usable, pass: Pass): Promise<void> {
  const { notification, delivery, record } = claimed;
  const announced = deps.publish(announcements(deps, work, delivery));
  // Its failure is met below; until then nobody is to take it for unhandled.
  announced.catch(() => {});
  const called = await deps.call({ ...claimed, notification: await deps.whole(notification) }, pass);
  const decision = called === null ? release(deps.random()) : decided(deps, delivery, called);
  await settle(deps, record, notification, settlement(delivery, called, decision));
  if (called !== null) deps.observe({ notification, delivery, called, decision });
  await announced;
}

function announcements(deps: DeliveryDeps, work: Usable, delivery: HeldDelivery): OutgoingRecord[] {
  return [...queuedEvents(deps, work, delivery), deps.records.event(work.notification, delivery)];
}

/** Of a record that came straight over Kafka nobody has said yet that it is queued. */
function queuedEvents({ records }: DeliveryDeps, work: Usable, delivery: HeldDelivery): OutgoingRecord[] {
  if (work.kind === 'own' || delivery.fence > 1) return [];
  const { notification } = work;
  const queued = acceptedDelivery({ ...notification, ...delivery }, delivery.accepted_at);
  return [records.event(notification, queued)];
}

function decided(
  { delaysMs, now, random }: DeliveryDeps,
  delivery: HeldDelivery,
  { outcome, isNextOpen }: Called,
): Decision {
  return decide({ delivery, outcome, isNextOpen, delaysMs, now: now(), random: random() });
}

async function settle(
  deps: DeliveryDeps,
  record: ConsumedRecord,
  notification: Notification,
  wanted: Settlement,
): Promise<void> {
  const settled = await deps.settle(wanted);
  if (settled === null)
    return void (await bury(deps, record, 'row_missing', 'the notification was deleted meanwhile'));
  const { delivery } = settled;
  // Our lease was lost, but the provider took it. No offset stands behind this change; an outbox row does.
  if (!settled.settled && wanted.state === 'delivered' && delivery.state !== 'delivered')
    return deps.deliverLate(wanted);
  const isThisRecords = settled.settled || delivery.claimed_from === positionOf(record);
  if (isThisRecords && delivery.state !== 'processing')
    await publishWhatFollows(deps, record, notification, delivery);
}

/** The event of the state a row has come to, with the retry or the dead letter that this state needs. */
async function publishWhatFollows(
  deps: DeliveryDeps,
  record: ConsumedRecord,
  notification: Notification,
  delivery: HeldDelivery,
): Promise<void> {
  const { id, state, cycle, fence, dead_letter_reason, reason } = delivery;
  const event = deps.records.event(notification, delivery);
  if (state === 'retrying')
    return deps.publish([event, retryOf(deps, record, delivery)], async ({ message }) => {
      const failed = await deps.giveUp(id, fence, `the retry could not be stored: ${message}`);
      if (failed !== null) await publishWhatFollows(deps, record, notification, failed);
    });
  if (state !== 'failed' || dead_letter_reason === null) return deps.publish([event]);
  await publishLetter(deps, record, { reason: dead_letter_reason, message: reason ?? '', cycle }, [event]);
}

function retryOf(
  { channel, delaysMs }: DeliveryDeps,
  record: ConsumedRecord,
  delivery: HeldDelivery,
): OutgoingRecord {
  const { at, due_at } = delivery;
  const notBefore = due_at ?? at;
  const level = levelFor(notBefore - at, delaysMs);
  return retryRecord(record, { channel, level, ticket: nextTicket(delivery), notBefore });
}

/** A record that will never be delivered, with its reason, to the dead letters. */
async function bury(
  deps: DeliveryDeps,
  record: ConsumedRecord,
  reason: DeadLetterReason,
  message: string,
): Promise<Verdict> {
  await publishLetter(deps, record, { reason, message, cycle: readTicket(record.headers).cycle });
  return DONE;
}

async function publishLetter(
  { publish, channel }: DeliveryDeps,
  record: ConsumedRecord,
  why: { reason: DeadLetterReason; message: string; cycle: number },
  events: readonly OutgoingRecord[] = [],
): Promise<void> {
  const letter = deadLetterRecord(record, { ...why, channel });
  await publish([...events, letter], () => publish([...events, truncatedLetter(letter)]));
}

/** A record's place on Kafka, by which a row remembers who claimed it. */
function positionOf({ topic, partition, offset }: ConsumedRecord): string {
  return `${topic}/${partition}/${offset}`;
}

function claimRequest(record: ConsumedRecord, id: string): ClaimRequest {
  return { id, ...readTicket(record.headers), claimed_from: positionOf(record) };
}

function settlement({ id, fence }: HeldDelivery, called: Called | null, decision: Decision): Settlement {
  return {
    id,
    fence,
    state: decision.state,
    delay_ms: decision.state === 'retrying' ? decision.delayMs : null,
    duration_ms: called === null ? null : Math.round(called.durationMs),
    provider: called?.provider ?? null,
    provider_message_id: decision.state === 'delivered' ? decision.providerMessageId : null,
    outcome: called?.outcome.kind ?? null,
    reason: decision.state === 'delivered' ? null : decision.reason,
    dead_letter_reason: decision.state === 'failed' ? decision.why : null,
  };
}
