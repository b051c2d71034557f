import { type ClientFrame, parseClientFrame, type Refusal } from './client-frame.ts';
import { type Cursor, writeCursor } from './cursor.ts';
import {
  type Hub,
  isCurrent,
  type Listener,
  send,
  subscribe,
  type Subscription,
  unsubscribe,
} from './hub.ts';
import { BEGUN, type Join, onState } from './join.ts';
import { replay, type ReplayDeps } from './replay.ts';
import type { ReadState } from './states.ts';
import { bytesOf, type Interest, keyOf, nameOf, type Place } from './told.ts';

export type ClientFrameDeps = ReplayDeps & {
  /** The present state of what a client asks for; nothing for an unknown id. */
  readStates: (interest: Interest) => Promise<ReadState[]>;
  onError: (error: unknown) => void;
};

export const SUBSCRIPTIONS_MAX = 10_000;
/** Of all sockets of a process, at two thirds of a kilobyte each. */
export const PROCESS_SUBSCRIPTIONS_MAX = 500_000;

/** Does what a client asks for, or says why not; never throws and never rejects. */
export function onClientFrame(deps: ClientFrameDeps, listener: Listener, bytes: Buffer): Promise<void> {
  return carryOut(deps, listener, parseClientFrame(bytes));
}

/** As {@link onClientFrame}, of a frame that is read already. */
export async function carryOut(
  deps: ClientFrameDeps,
  listener: Listener,
  frame: ClientFrame | Refusal,
): Promise<void> {
  if ('type' in frame) return refuse(listener, frame);
  const interest = frame.action === 'resume' ? frame.cursor.interest : frame.interest;
  if (frame.action === 'unsubscribe') return unsubscribe(deps.hub, listener, interest);
  const excess = listener.subscriptions.has(keyOf(interest)) ? null : excessOf(listener);
  if (excess !== null) return refuse(listener, refusal(excess, interest));
  try {
    if (frame.action === 'resume') await onResume(deps, listener, frame.cursor);
    else await onSubscribe(deps, listener, interest);
  } catch (error) {
    deps.onError(error);
    unsubscribe(deps.hub, listener, interest);
    refuse(listener, refusal('unavailable', interest));
  }
}

/** Why a listener may not have another subscription. */
function excessOf({ subscriptions, load }: Listener): keyof typeof DETAILS | null {
  if (subscriptions.size >= SUBSCRIPTIONS_MAX) return 'too-many-subscriptions';
  return load.subscriptions >= PROCESS_SUBSCRIPTIONS_MAX ? 'overloaded' : null;
}

async function onSubscribe(deps: ClientFrameDeps, listener: Listener, interest: Interest): Promise<void> {
  if (interest.kind !== 'all') return tellState(deps, listener, interest);
  const place = deps.place();
  if (place === null) return refuse(listener, refusal('unavailable', interest));
  sendPlace(subscribe(deps.hub, listener, interest, BEGUN), place);
}

/** Listens first and reads the state after, so that what changes in between is either in the state or heard. */
async function tellState(deps: ClientFrameDeps, listener: Listener, interest: Interest): Promise<void> {
  const join: Join = { begins: 'state', waiting: [] };
  const subscription = subscribe(deps.hub, listener, interest, join);
  const states = await deps.readStates(interest);
  if (!isCurrent(subscription, join)) return;
  if (states.length === 0 && join.waiting.length === 0) {
    unsubscribe(deps.hub, listener, interest);
    return refuse(listener, refusal('not-found', interest));
  }
  send(subscription, onState(subscription, states, deps.place()));
}

async function onResume(deps: ClientFrameDeps, listener: Listener, cursor: Cursor): Promise<void> {
  const { interest } = cursor;
  const { end, place } = await replay(deps, listener, cursor);
  switch (end) {
    case 'left':
      return;
    case 'resumed':
      return sendPlace({ listener, interest }, place);
    case 'unknown':
      sendResync({ listener, interest });
      return onSubscribe(deps, listener, interest);
  }
}

/** Offsets are those of another log now. Whoever listens to states is told them again by somebody else. */
export function beginAnew(hub: Hub, place: Place): void {
  for (const subscriptions of hub.values())
    for (const one of subscriptions) {
      if (one.join.begins === 'now') one.join = BEGUN;
      if (one.interest.kind !== 'all') continue;
      sendResync(one);
      sendPlace(one, place);
    }
}

type Asker = Pick<Subscription, 'listener' | 'interest'>;

/** Everything up to here has been told, and what changes will be. */
function sendPlace({ listener, interest }: Asker, place: Place): void {
  listener.send(keyOf(interest), bytesOf({ cursor: writeCursor(interest, place) }));
}

/** Something may have been missed. */
function sendResync({ listener, interest }: Asker): void {
  listener.send(`resync:${keyOf(interest)}`, bytesOf({ resync: true, ...nameOf(interest) }));
}

const DETAILS = {
  'not-found': 'there is nothing with this id',
  'too-many-subscriptions': `a socket may subscribe ${SUBSCRIPTIONS_MAX} times`,
  overloaded: 'this process has as many subscriptions as it may, connect again later',
  unavailable: 'the state cannot be read now, subscribe again later',
} as const;

function refusal(why: keyof typeof DETAILS, interest: Interest): Refusal {
  return { type: `/probs/${why}`, detail: DETAILS[why], ...nameOf(interest) };
}

function refuse(listener: Listener, error: Refusal): void {
  const { notification_id, batch_id } = error;
  listener.send(`error:${notification_id ?? batch_id ?? ''}`, bytesOf({ error }));
}
