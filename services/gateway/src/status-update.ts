import type { StatusEvent } from '@fanfare/contracts';
import type { Snapshot } from '@fanfare/db';
import { rfc3339 } from '@fanfare/domain';

/** A state of a notification as listeners are told it, whether it is the present one or a change. */
export type StatusUpdate = Omit<Snapshot, 'status' | 'at' | 'next_retry_at'> & {
  status: string;
  /** RFC 3339 in UTC, as every time that clients see. */
  at: string;
  next_retry_at: string | null;
};

/** Snapshots and events name what they share alike, so one function shapes both. */
export function statusUpdate(state: Snapshot | StatusEvent): StatusUpdate {
  return {
    notification_id: state.notification_id,
    batch_id: state.batch_id,
    channel: state.channel,
    priority: state.priority,
    status: state.status,
    version: state.version,
    attempt: state.attempt,
    max_attempts: state.max_attempts,
    at: rfc3339(state.at),
    provider: state.provider,
    provider_message_id: state.provider_message_id,
    reason: state.reason,
    next_retry_at: rfc3339(state.next_retry_at),
    correlation_id: state.correlation_id,
  };
}
