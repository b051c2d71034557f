import type { OutgoingRecord } from './publish.ts';

export class PublishTimeout extends Error {
  readonly code = 'publish_timeout';
  override readonly name = 'PublishTimeout';
}

export type RefusedRecord = { record: OutgoingRecord; reason: string };

export class PublishRefused extends Error {
  readonly code = 'publish_refused';
  override readonly name = 'PublishRefused';
  /** The guilty ones, as the very objects that were given. `reason` is Kafka's name for the error. */
  readonly refused: readonly RefusedRecord[];

  constructor(refused: readonly RefusedRecord[]) {
    super(`Kafka refused ${refused.length} records: ${refused[0]?.reason}`);
    this.refused = refused;
  }
}

/** Has the name that kafkajs's own error for it has. */
export class UnknownTopic extends Error {
  readonly type = 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** Answers that mean: never. */
const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'POLICY_VIOLATION',
]);

/** Kafka's name for why it will never take these records, or null when another attempt may succeed. */
export function refusalReason(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('type' in error && typeof error.type === 'string' && REFUSALS.has(error.type)) return error.type;
  return refusalReason(error.cause);
}

/** A topic that is unknown may be in the making, or its broker just starting. */
export function isFinal(error: unknown): boolean {
  const reason = refusalReason(error);
  return reason !== null && reason !== 'UNKNOWN_TOPIC_OR_PARTITION';
}
