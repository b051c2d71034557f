import { expect } from 'chai';
import { notificationCodec, statusEventCodec } from './codec.ts';
import type { Notification } from './generated/notification.ts';

const notification: Notification = {
  id: '0198f7a0-0000-7000-8000-000000000000',
  tenant_id: 'default',
  channel: 'sms',
  recipient: '+15550100',
  content: 'Günaydın 👋 مرحبا',
  subject: null,
  html: '<p>Günaydın 👋 مرحبا</p>',
  priority: 'high',
  template_id: null,
  template_variables: null,
  metadata: '{"a":1}',
  batch_id: null,
  correlation_id: 'c-1',
  idempotency_key: null,
  source: null,
  scheduled_at: null,
  expires_at: 1_790_000_000_000,
  max_attempts: 5,
  delivery_mode: 'at_least_once',
  created_at: 1_780_000_000_123,
};

describe('codec', () => {
  it('gives back the value it encoded', () => {
    const bytes = notificationCodec.encode(notification);
    expect({ ...notificationCodec.type.fromBuffer(bytes) }).to.deep.equal(notification);
  });

  it('has one subject for each record', () => {
    expect([notificationCodec.subject, statusEventCodec.subject]).to.deep.equal([
      'fanfare.Notification',
      'fanfare.StatusEvent',
    ]);
  });
});
