import type { Interest } from './client-frame.ts';
import { type Join, onChange, onState, type Sent } from './join.ts';
import type { StatusUpdate } from './status-update.ts';

/** One client: what it was sent, and what it listens to. */
export type Listener = {
  send: (update: StatusUpdate) => void;
  sent: Sent;
  subscriptions: Map<string, Subscription>;
};

export type Subscription = Join & { listener: Listener; interest: Interest };

/** Who listens to what: the subscriptions to each id. */
export type Hub = Record<Interest['kind'], Map<string, Set<Subscription>>>;

export function createHub(): Hub {
  return { notification_id: new Map(), batch_id: new Map() };
}

export function createListener(send: Listener['send']): Listener {
  return { send, sent: new Map(), subscriptions: new Map() };
}

/** A change, or a state read again: goes to whoever listens and has nothing as new. */
export function dispatch(hub: Hub, update: StatusUpdate): void {
  for (const one of hub.notification_id.get(update.notification_id) ?? []) change(one, update);
  if (update.batch_id === null) return;
  for (const one of hub.batch_id.get(update.batch_id) ?? []) change(one, update);
}

/** Begins to listen; a listener that does already is answered once more. */
export function subscribe(hub: Hub, listener: Listener, interest: Interest): Subscription {
  const key = keyOf(interest);
  const subscription = listener.subscriptions.get(key) ?? { listener, interest, waiting: [] };
  subscription.waiting ??= [];
  listener.subscriptions.set(key, subscription);
  const others = hub[interest.kind].get(interest.id) ?? new Set();
  hub[interest.kind].set(interest.id, others.add(subscription));
  return subscription;
}

export function unsubscribe(hub: Hub, listener: Listener, interest: Interest): void {
  const subscription = listener.subscriptions.get(keyOf(interest));
  if (subscription === undefined) return;
  listener.subscriptions.delete(keyOf(interest));
  listener.sent.delete(interest.id);
  const others = hub[interest.kind].get(interest.id);
  others?.delete(subscription);
  if (others?.size === 0) hub[interest.kind].delete(interest.id);
}

/** The client has gone. */
export function leave(hub: Hub, listener: Listener): void {
  for (const { interest } of listener.subscriptions.values()) unsubscribe(hub, listener, interest);
}

/** Hands over the state that a subscription waits for. */
export function answer(subscription: Subscription, states: StatusUpdate[]): void {
  sendAll(subscription.listener, onState(subscription, subscription.listener.sent, states));
}

/** False once the client has unsubscribed or gone. */
export function isCurrent(subscription: Subscription): boolean {
  return subscription.listener.subscriptions.get(keyOf(subscription.interest)) === subscription;
}

export function isSubscribed(listener: Listener, interest: Interest): boolean {
  return listener.subscriptions.has(keyOf(interest));
}

/** A batch larger than this (only producers on Kafka make one) may have a state told twice, but not fill the memory. */
const SENT_MAX = 50_000;

function change(subscription: Subscription, update: StatusUpdate): void {
  sendAll(subscription.listener, onChange(subscription, subscription.listener.sent, update));
}

function sendAll({ send, sent }: Listener, updates: StatusUpdate[]): void {
  for (const update of updates) send(update);
  for (const oldest of sent.keys()) {
    if (sent.size <= SENT_MAX) return;
    sent.delete(oldest);
  }
}

function keyOf({ kind, id }: Interest): string {
  return `${kind}:${id}`;
}
