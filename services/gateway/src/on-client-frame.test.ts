import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Refusal } from './client-frame.ts';
import { createHub, createListener, dispatch, leave } from './hub.ts';
import { onClientFrame, SUBSCRIPTIONS_MAX } from './on-client-frame.ts';
import type { StatusUpdate } from './status-update.ts';

const stateOf = (id: string, version = 0): StatusUpdate => ({
  notification_id: id,
  batch_id: null,
  channel: 'sms',
  priority: 'normal',
  status: 'pending',
  version,
  attempt: 0,
  max_attempts: 5,
  at: '2026-01-01T00:00:00.000Z',
  provider: null,
  provider_message_id: null,
  reason: null,
  next_retry_at: null,
  correlation_id: null,
});

function clientOf(readState = (id: string): Promise<StatusUpdate[]> => Promise.resolve([stateOf(id)])) {
  const sent: StatusUpdate[] = [];
  const refusals: Refusal[] = [];
  const errors: unknown[] = [];
  const hub = createHub();
  const listener = createListener((update) => sent.push(update));
  const deps = {
    hub,
    readStates: ({ id }: { id: string }) => readState(id),
    refuse: (refusal: Refusal) => void refusals.push(refusal),
    onError: (error: unknown) => void errors.push(error),
  };
  const ask = (action: string, id: string) =>
    onClientFrame(deps, listener, Buffer.from(JSON.stringify({ action, notification_id: id })));
  return { sent, refusals, errors, hub, listener, ask };
}

describe('onClientFrame', () => {
  it('refuses one subscription too many, but not one that is there', async () => {
    const client = clientOf();
    const ids = Array.from({ length: SUBSCRIPTIONS_MAX }, () => randomUUID());
    for (const id of ids) await client.ask('subscribe', id);
    expect(client.refusals).to.be.empty;
    await client.ask('subscribe', randomUUID());
    expect(client.refusals.map(({ type }) => type)).to.deep.equal(['/probs/too-many-subscriptions']);
    await client.ask('subscribe', ids[0] ?? '');
    await client.ask('unsubscribe', ids[1] ?? '');
    await client.ask('subscribe', randomUUID());
    expect(client.refusals).to.have.length(1);
    expect(client.sent).to.have.length(SUBSCRIPTIONS_MAX + 2);
  });

  it('answers nothing to a client that has unsubscribed or gone meanwhile', async () => {
    const id = randomUUID();
    for (const end of ['unsubscribe', 'leave']) {
      const read = Promise.withResolvers<StatusUpdate[]>();
      const client = clientOf(() => read.promise);
      const subscribing = client.ask('subscribe', id);
      if (end === 'leave') leave(client.hub, client.listener);
      else await client.ask('unsubscribe', id);
      read.resolve([stateOf(id)]);
      await subscribing;
      expect([client.sent, client.refusals, client.hub.notification_id.size]).to.deep.equal([[], [], 0]);
    }
  });

  it('tells of a change that is known before the row can be read', async () => {
    const id = randomUUID();
    const read = Promise.withResolvers<StatusUpdate[]>();
    const client = clientOf(() => read.promise);
    const subscribing = client.ask('subscribe', id);
    dispatch(client.hub, stateOf(id, 1));
    read.resolve([]);
    await subscribing;
    expect(client.sent).to.deep.equal([stateOf(id, 1)]);
    expect(client.refusals).to.be.empty;
  });

  it('forgets what it could not read', async () => {
    const client = clientOf(() => Promise.reject(new Error('away')));
    await client.ask('subscribe', randomUUID());
    expect(client.refusals.map(({ type }) => type)).to.deep.equal(['/probs/unavailable']);
    expect(client.errors).to.have.length(1);
    expect(client.hub.notification_id.size).to.equal(0);
  });
});
