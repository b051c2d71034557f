// For tests alone.
import type { Notification } from '@fanfare/contracts';
import type { Draft } from './validation.ts';

/** What validation makes of a request that says no more than it must, but for what is given. */
export function draftOf(change: Partial<Draft> = {}): Draft {
  return {
    channel: 'sms',
    recipient: '+15550100',
    content: 'Merhaba',
    subject: null,
    html: null,
    priority: 'normal',
    template_id: null,
    template_variables: null,
    metadata: null,
    scheduled_at: null,
    expires_at: null,
    max_attempts: 5,
    delivery_mode: 'at_least_once',
    ...change,
  };
}

/** The same as a record carries it. */
export function notificationOf(change: Partial<Notification> = {}): Notification {
  return {
    ...draftOf(),
    template_variables: null,
    metadata: null,
    id: '0198f7a0-0000-7000-8000-00000000000a',
    tenant_id: 'default',
    batch_id: null,
    correlation_id: null,
    idempotency_key: null,
    source: null,
    created_at: null,
    ...change,
  };
}
