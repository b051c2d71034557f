import type { Update } from './live-frame.ts';

/** A frame as the gateway sends it, but for what is said otherwise. */
export function updateOf(more: Partial<Update> = {}): Update {
  return {
    notification_id: '0190bbbb-0000-7000-8000-000000000002',
    batch_id: null,
    channel: 'sms',
    priority: 'normal',
    status: 'processing',
    version: 12,
    attempt: 1,
    max_attempts: 5,
    at: '2030-01-31T09:00:00.123Z',
    provider: null,
    provider_message_id: null,
    reason: null,
    next_retry_at: null,
    correlation_id: null,
    ...more,
  };
}
