import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { BatchResource, NotificationResource } from '@fanfare/contracts';
import express, { type Express } from 'express';
import type { Body } from '../bodies.ts';
import { onInput } from './child.ts';

/** The limit of accepting: a handler that parses the same JSON, keeps nothing, and gives an answer of the same shape. */
onInput(async (): Promise<{ port: number }> => {
  const server = buildApp().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
});

function buildApp(): Express {
  const app = express();
  app.use(express.json({ limit: '16mb' }));
  app.post('/api/v1/notifications', (request, response) => {
    const created = notificationOf(request.body);
    response.status(202).location(`/api/v1/notifications/${created.id}`).json(created);
  });
  app.post('/api/v1/notifications/batch', (request, response) => {
    const created = batchOf(request.body);
    response.status(202).location(`/api/v1/notifications/batch/${created.id}`).json(created);
  });
  return app;
}

function batchOf({ notifications }: { notifications: Body[] }): BatchResource {
  return {
    id: randomUUIDv7(),
    size: notifications.length,
    correlation_id: randomUUID(),
    created_at: new Date().toISOString(),
  };
}

function notificationOf({ channel, recipient, content, metadata, priority }: Body): NotificationResource {
  const now = new Date().toISOString();
  return {
    id: randomUUIDv7(),
    correlation_id: randomUUID(),
    batch_id: null,
    template_id: null,
    template_version: null,
    channel,
    recipient,
    content,
    subject: null,
    html: null,
    metadata,
    status: 'queued',
    priority: priority ?? 'normal',
    scheduled_at: null,
    expires_at: null,
    failure_reason: null,
    attempts: 0,
    max_attempts: 5,
    next_retry_at: null,
    last_attempted_at: null,
    delivered_at: null,
    failed_at: null,
    cancelled_at: null,
    provider: null,
    provider_message_id: null,
    idempotency_key: null,
    delivery_mode: 'at_least_once',
    created_at: now,
    updated_at: now,
  };
}
