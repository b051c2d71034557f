import { type Join, type Joined, newer, onTold, type Sent } from './join.ts';
import { type Change, frameOf, type Interest, keyOf, type Told } from './told.ts';

/** One client: what it was sent, and what it listens to. */
export type Listener = {
  /** Of frames with the same key a slow client is sent the newest. */
  send: (key: string, frame: Buffer) => void;
  /** Resolves when the client has taken so much that what is sent now need not wait, or has gone. */
  room: () => Promise<void>;
  sent: Sent;
  subscriptions: Map<string, Subscription>;
  load: Load;
};

/** What all listeners of a process have together. */
export type Load = { subscriptions: number };

export type Subscription = Joined & { listener: Listener; interest: Interest };

/** Who listens to what, by the key of the interest. */
export type Hub = Map<string, Set<Subscription>>;

export function createListener(outlet: Pick<Listener, 'send' | 'room'>, load: Load): Listener {
  return { ...outlet, sent: new Map(), subscriptions: new Map(), load };
}

/** A change, or a state read again: goes to whoever listens and has nothing as new. */
export function dispatch(hub: Hub, told: Told | Change): void {
  const { notification_id, batch_id } = told.state;
  tellAll(hub.get('all'), told);
  if (batch_id !== null) tellAll(hub.get(keyOf({ kind: 'batch_id', id: batch_id })), told);
  tellAll(hub.get(keyOf({ kind: 'notification_id', id: notification_id })), told);
}

/** Begins to listen; a listener that does already begins anew. */
export function subscribe(hub: Hub, listener: Listener, interest: Interest, join: Join): Subscription {
  const key = keyOf(interest);
  const keepsVersions = interest.kind !== 'all';
  const known = listener.subscriptions.get(key);
  const subscription = known ?? { listener, sent: listener.sent, interest, join, keepsVersions };
  subscription.join = join;
  if (known === undefined) listener.load.subscriptions += 1;
  listener.subscriptions.set(key, subscription);
  hub.set(key, (hub.get(key) ?? new Set()).add(subscription));
  return subscription;
}

export function unsubscribe(hub: Hub, listener: Listener, interest: Interest): void {
  const key = keyOf(interest);
  const subscription = listener.subscriptions.get(key);
  if (subscription === undefined) return;
  listener.subscriptions.delete(key);
  listener.load.subscriptions -= 1;
  if (interest.kind === 'notification_id') listener.sent.delete(interest.id);
  const others = hub.get(key);
  others?.delete(subscription);
  if (others?.size === 0) hub.delete(key);
}

/** The client has gone. */
export function leave(hub: Hub, listener: Listener): void {
  for (const { interest } of listener.subscriptions.values()) unsubscribe(hub, listener, interest);
}

/** False once the client has gone, has unsubscribed, or has begun anew. */
export function isCurrent({ listener, interest, join: now }: Subscription, join: Join): boolean {
  return now === join && listener.subscriptions.has(keyOf(interest));
}

/** A batch larger than this (only producers on Kafka make one) may have a state told twice, but not fill the memory. */
const SENT_MAX = 50_000;

export function send({ listener, interest }: Subscription, all: Told[]): void {
  for (const told of all) listener.send(told.state.notification_id, frameOf(told, interest));
  for (const oldest of listener.sent.keys()) {
    if (listener.sent.size <= SENT_MAX) return;
    listener.sent.delete(oldest);
  }
}

function tellAll(subscriptions: Set<Subscription> | undefined, told: Told | Change): void {
  for (const one of subscriptions ?? [])
    // Only remembered then, so that a state which is being read for it is not told after a newer one.
    if (isTold(one)) newer(one, [told]);
    else send(one, onTold(one, told));
}

/** Who listens to everything has it before narrower subscriptions are asked. */
function isTold({ listener, interest }: Subscription): boolean {
  return interest.kind !== 'all' && listener.subscriptions.get('all')?.join.begins === 'now';
}
