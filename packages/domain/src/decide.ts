import type { DeadLetterReason } from '@fanfare/contracts';
import type { Outcome } from './outcome.ts';
import {
  type RetryDelays,
  scheduleElsewhere,
  schedulePause,
  scheduleRetry,
  scheduleSoon,
} from './retry-schedule.ts';
import type { Delivery } from './states.ts';

/** What follows from one call: the state the attempt settles in, and what else that state needs. */
export type Decision =
  | { state: 'delivered'; providerMessageId: string | null }
  | { state: 'failed'; why: DeadLetterReason; reason: string }
  | { state: 'expired'; reason: string }
  | { state: 'retrying'; delayMs: number; reason: string };

export type DecideInput = {
  delivery: Pick<Delivery, 'attempt' | 'max_attempts' | 'delivery_mode' | 'expires_at'>;
  outcome: Outcome;
  /** Whether a provider is open that this attempt did not ask. */
  isNextOpen: boolean;
  delaysMs: RetryDelays;
  /** Epoch milliseconds. */
  now: number;
  /** In [0, 1). */
  random: number;
};

/** The one place that says what an outcome means. Pure; ack, retry, dead letter, metrics and log follow from it. */
export function decide(input: DecideInput): Decision {
  const { delivery, outcome, delaysMs, random } = input;
  switch (outcome.kind) {
    case 'accepted':
      return { state: 'delivered', providerMessageId: outcome.messageId };
    case 'rejected':
      return { state: 'failed', why: 'rejected', reason: outcome.reason };
    case 'throttled':
      return wait(input, schedulePause(outcome.retryAfterMs, delaysMs, random), outcome.reason);
    case 'unavailable':
      if (outcome.answered && delivery.delivery_mode === 'at_most_once')
        return unknownOutcome(outcome.reason);
      return tryAgain(input, outcome.retryAfterMs, outcome.reason);
    case 'unknown':
      if (delivery.delivery_mode === 'at_most_once') return unknownOutcome(outcome.reason);
      return tryAgain(input, null, outcome.reason);
  }
}

function tryAgain(input: DecideInput, retryAfterMs: number | null, reason: string): Decision {
  const { delivery, isNextOpen, delaysMs, random } = input;
  const { attempt, max_attempts } = delivery;
  if (attempt >= max_attempts) return { state: 'failed', why: 'attempts_exhausted', reason };
  const delayMs = isNextOpen
    ? scheduleElsewhere(attempt, delaysMs, random)
    : scheduleRetry(attempt, retryAfterMs, delaysMs, random);
  return wait(input, delayMs, reason);
}

function wait(input: DecideInput, delayMs: number, reason: string): Decision {
  const { expires_at } = input.delivery;
  if (expires_at !== null && input.now + delayMs >= expires_at)
    return { state: 'expired', reason: `the next attempt would come after expires_at; last: ${reason}` };
  return { state: 'retrying', delayMs, reason };
}

function unknownOutcome(reason: string): Decision {
  return { state: 'failed', why: 'unknown_outcome', reason };
}

/** What follows from a claimed attempt that was not made: it is given back, and not used up. */
export function release(random: number): Decision {
  return { state: 'retrying', delayMs: scheduleSoon(random), reason: 'given back without a call' };
}
