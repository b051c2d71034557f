/** Headers of the records on Kafka. Values are UTF-8 text. */
export const HEADER = {
  /** W3C trace context. */
  traceparent: 'traceparent',
  correlationId: 'correlation-id',
  /** `fanfare` on every record of ours; cycle, fence and attempt count only beside it. */
  origin: 'origin',
  cycle: 'cycle',
  fence: 'fence',
  attempt: 'attempt',
  /** Epoch milliseconds before which a retry must not be sent; the jitter is in it. */
  notBefore: 'not_before',
  /** The work topic that a retry goes back to. */
  returnTo: 'return_to',
  /**
   * On the retry of a record that somebody else wrote: epoch milliseconds at which Kafka first took it. Its bytes are
   * still theirs and are read by the rules of that moment.
   */
  appendedAt: 'appended_at',
} as const;

export const ORIGIN = 'fanfare';

/** Headers of a dead letter: where it came from in Kafka Connect's names, then why it is here. */
export const DEAD_LETTER_HEADER = {
  topic: '__connect.errors.topic',
  partition: '__connect.errors.partition',
  offset: '__connect.errors.offset',
  message: '__connect.errors.exception.message',
  reason: 'dlq-reason',
  channel: 'dlq-channel',
  /** On a letter that Kafka would not take whole: how many bytes the value had of which only the head is here. */
  originalBytes: 'dlq-original-bytes',
} as const;

/** Why a record became a dead letter. */
export const DEAD_LETTER_REASONS = [
  'rejected',
  'attempts_exhausted',
  'unknown_outcome',
  'worker_crash_loop',
  'publish_refused',
  'id_conflict',
  'row_missing',
  'too_old',
  'too_large',
  'undecodable',
  'invalid',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];
