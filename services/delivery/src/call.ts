import type { Notification } from '@fanfare/contracts';
import type { HeldDelivery } from '@fanfare/db';
import type { Outcome } from '@fanfare/domain';
import type { ConsumedRecord } from '@fanfare/kafka';
import type { Chain, Entry, ProviderMessage } from '@fanfare/providers';
import { extractContext, histogram, startSpan, traceparentOf } from '@fanfare/runtime';
import type { Pass } from './gate.ts';

/** A claimed attempt whose call is to be made. */
export type ClaimedAttempt = {
  notification: Notification;
  delivery: HeldDelivery;
  record: ConsumedRecord;
  /** When the claim was sent, monotonic: the lease runs since then at the latest. */
  claimedAtMs: number;
};

/** How a call went: what the provider made of it, how long it took, and whether another one is open that was not asked. */
export type Called = { outcome: Outcome; provider: string; durationMs: number; isNextOpen: boolean };

export type CallDeps = { chain: Chain; leaseMs: number; monotonicMs: () => number };

const calls = histogram({
  name: 'fanfare_provider_call_seconds',
  help: 'How long providers took to answer, by what their answer was',
  labels: ['channel', 'provider', 'outcome'],
});

/**
 * Makes the call of an attempt. A provider that took nothing for certain is followed by the next one of the chain
 * within the same claim, as long as the lease has time for another call.
 * @returns null when the attempt is to be given back: every lane is shut, or the lease too short for the one that is not
 */
export async function call(deps: CallDeps, attempt: ClaimedAttempt, pass: Pass): Promise<Called | null> {
  const { chain } = deps;
  let entry = firstEntry(chain, attempt, pass);
  let called: Called | null = null;
  while (entry !== null && hasTime(deps, attempt, entry)) {
    pass.use();
    called = await callBy(chain, entry, attempt);
    if (!isForNext(called.outcome, attempt.delivery)) return called;
    entry = chain.next(entry);
  }
  if (entry === null) return called;
  entry.leave();
  // Another provider is there, the lease alone is too short: a call of which nothing left us costs no attempt.
  return called !== null && wasSent(called.outcome) ? called : null;
}

/**
 * A provider that gave no answer is asked once more, since it may know the key. From the third attempt on another one
 * takes turns with it: of few calls a breaker never learns that all of them hang, and they would use up every attempt.
 */
function isForOther({ attempt }: HeldDelivery): boolean {
  return attempt > 2 && attempt % 2 === 1;
}

/** That of the pass, unless it was shut meanwhile, or it is the turn of another one that is open. */
function firstEntry(chain: Chain, { delivery }: ClaimedAttempt, { entry }: Pass): Entry | null {
  if (!entry.isOpen()) return chain.next(entry);
  const other = isForOther(delivery) ? chain.next(entry) : null;
  if (other !== null) entry.leave();
  return other ?? entry;
}

function hasTime(
  { leaseMs, monotonicMs }: CallDeps,
  { claimedAtMs }: ClaimedAttempt,
  { lane }: Entry,
): boolean {
  return monotonicMs() - claimedAtMs < leaseMs - lane.timeoutMs;
}

/** Whether another provider may be asked: of what is to be sent once at most, an answered call may have been taken. */
function isForNext(outcome: Outcome, { delivery_mode }: HeldDelivery): boolean {
  if (outcome.kind === 'throttled') return true;
  return outcome.kind === 'unavailable' && !(outcome.answered && delivery_mode === 'at_most_once');
}

function wasSent(outcome: Outcome): boolean {
  return outcome.kind === 'unavailable' && outcome.answered;
}

async function callBy(
  chain: Chain,
  entry: Entry,
  { notification, delivery, record }: ClaimedAttempt,
): Promise<Called> {
  const { channel, name: provider } = entry.lane;
  const context = extractContext(record.headers);
  const span = startSpan('deliver', context, { channel, provider, attempt: delivery.attempt });
  const startedAt = performance.now();
  const outcome = await entry.send(messageOf(notification, delivery, traceparentOf(span.context)));
  const durationMs = performance.now() - startedAt;
  span.end(outcome.kind === 'accepted' ? undefined : outcome.kind);
  calls.observe({ channel, provider, outcome: outcome.kind }, durationMs / 1_000);
  return { outcome, provider, durationMs, isNextOpen: chain.isOpenBehind(entry) };
}

function messageOf(
  { id, recipient, channel, content, subject, html, correlation_id }: Notification,
  { cycle }: HeldDelivery,
  traceparent: string | null,
): ProviderMessage {
  return {
    to: recipient,
    channel,
    content: content ?? '',
    subject: subject ?? null,
    html: html ?? null,
    // A redrive is a new delivery and must not be taken for the one that failed.
    idempotencyKey: `${id}:${cycle}`,
    correlationId: correlation_id ?? id,
    traceparent,
  };
}
