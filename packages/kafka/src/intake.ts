import type { ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs';
import type { Assignment } from './assignment.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Committer } from './committer.ts';
import type { ConsumeOptions, TopicPartition } from './consume.ts';
import type { Flow } from './flow.ts';
import type { Emptiness, GroupMember } from './group-member.ts';
import type { HeldPartition } from './held-partition.ts';
import type { Positions } from './positions.ts';
import { within } from './within.ts';

/** What happens to a consumption: batches, joins, finished records, the end. */
export type Intake = {
  options: ConsumeOptions;
  budgetOf: (topic: string) => ByteBudget;
  assignment: Assignment;
  member: GroupMember;
  flow: Flow;
  committer: Committer;
  /** Null when Kafka keeps the position. */
  positions: Positions | null;
  joined: PromiseWithResolvers<void>;
  idleWaiters: Set<() => void>;
  hasFailed: boolean;
};

const LAST_COMMIT_TIMEOUT_MS = 5_000;

/** What is not taken is not resolved either: it is fetched again when the partition flows. */
export function onBatch(intake: Intake, payload: EachBatchPayload): void {
  guarded(intake, () => {
    const { batch } = payload;
    const held = presentEpoch(intake, batch, Number(batch.firstOffset()));
    if (held === null || payload.isStale() || intake.flow.isWaiting(held)) return;
    if (waitsForBytes(intake, held)) return;
    const { records, upTo } = held.take(batch.messages, Number(batch.lastOffset()));
    if (upTo !== null) payload.resolveOffset(upTo);
    if (held.isFull()) intake.flow.wait(held, 'room');
    if (records.length > 0) intake.options.onRecords(records);
  });
}

/** kafkajs goes past it whatever is done here. */
export function onEmptiness(intake: Intake, emptiness: Emptiness): void {
  guarded(intake, () => {
    const held = presentEpoch(intake, emptiness, emptiness.first);
    // With positions of our own, it may have been fetched before the epoch's place was known.
    if (held === null || (intake.positions !== null && held.next() === null)) return;
    held.pass(emptiness.last);
    if (held.uncommitted() !== null) intake.committer.soon();
  });
}

/** The partition's epoch, a new one when the old cannot go on with what begins at this offset. */
function presentEpoch(intake: Intake, at: TopicPartition, first: number): HeldPartition | null {
  const held = intake.assignment.get(at.topic, at.partition);
  if (held === undefined) return null;
  const reason = held.breakOff(first);
  if (reason === null) return held;
  const { topic, partition } = held;
  intake.options.kafka.log.warn('kafka: reading a partition anew', { topic, partition, reason });
  return renewed(intake, held);
}

function waitsForBytes({ budgetOf, flow, assignment }: Intake, held: HeldPartition): boolean {
  const budget = budgetOf(held.topic);
  if (!budget.isFull()) return false;
  flow.wait(held, 'bytes');
  budget.whenHalf(() => {
    // An epoch that has ended must not set its successor going, which may wait for something else.
    if (assignment.get(held.topic, held.partition) === held) flow.go(held, 'bytes');
  });
  return true;
}

export function onJoined(intake: Intake, join: ConsumerGroupJoinEvent['payload']): void {
  guarded(intake, () => {
    const { options, flow, positions } = intake;
    const { assigned, revoked, kept } = intake.assignment.rejoined(join.memberId, join.memberAssignment);
    for (const held of [...kept, ...assigned]) flow.restate(held);
    for (const held of kept) {
      if (positions === null) held.refetches();
      else positions.keep(held);
    }
    for (const held of assigned) positions?.place(held);
    if (revoked.length > 0) options.onRevoked?.(revoked.map(placeOf));
    if (assigned.length > 0) options.onAssigned?.(assigned.map(placeOf));
    tellIdle(intake);
  });
  intake.joined.resolve();
}

export function onDone(intake: Intake, held: HeldPartition): void {
  if (held.waits.has('room') && held.isHalf()) intake.flow.go(held, 'room');
  intake.committer.soon();
  tellIdle(intake);
}

export function reposition(intake: Intake, topic: string, partition: number): void {
  const held = intake.assignment.get(topic, partition);
  if (held !== undefined) renewed(intake, held);
}

function renewed(intake: Intake, held: HeldPartition): HeldPartition {
  const { options, assignment, flow, positions } = intake;
  const next = assignment.renew(held);
  flow.restate(next);
  positions?.place(next);
  options.onRevoked?.([placeOf(next)]);
  options.onAssigned?.([placeOf(next)]);
  tellIdle(intake);
  return next;
}

export function inFlight({ assignment }: Intake): number {
  return assignment.all().reduce((sum, held) => sum + held.inFlight(), 0);
}

export function idle(intake: Intake): Promise<void> {
  return new Promise((resolve) => {
    intake.idleWaiters.add(resolve);
    tellIdle(intake);
  });
}

function tellIdle(intake: Intake): void {
  if (intake.idleWaiters.size === 0 || inFlight(intake) > 0) return;
  for (const resolve of intake.idleWaiters) resolve();
  intake.idleWaiters.clear();
}

export async function stop(intake: Intake): Promise<void> {
  const { assignment, committer, flow, member } = intake;
  flow.pauseAll(assignment.all());
  await within(LAST_COMMIT_TIMEOUT_MS, committer.now());
  committer.stop();
  await member.leave();
  assignment.revokeAll();
  tellIdle(intake);
}

/** Hands out nothing more; the process is told once. */
export function fail(intake: Intake, error: Error): void {
  intake.flow.pauseAll(intake.assignment.all());
  if (intake.hasFailed) return;
  intake.hasFailed = true;
  intake.options.kafka.log.error('kafka: this consumption cannot go on', {
    groupId: intake.options.groupId,
    error: error.stack ?? String(error),
  });
  intake.options.onFatal(error);
}

/** Thrown into kafkajs, a bug of ours would end the consumer and leave the process up. */
function guarded(intake: Intake, run: () => void): void {
  try {
    run();
  } catch (error) {
    fail(intake, error instanceof Error ? error : new Error(String(error)));
  }
}

function placeOf({ topic, partition }: HeldPartition): TopicPartition {
  return { topic, partition };
}
