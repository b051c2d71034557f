import { type ClientFrame, type Interest, parseClientFrame, type Refusal } from './client-frame.ts';
import { answer, type Hub, isCurrent, isSubscribed, type Listener, subscribe, unsubscribe } from './hub.ts';
import type { StatusUpdate } from './status-update.ts';

export type ClientFrameDeps = {
  hub: Hub;
  /** The present state of what a client asks for; nothing for an unknown id. */
  readStates: (interest: Interest) => Promise<StatusUpdate[]>;
  refuse: (refusal: Refusal) => void;
  onError: (error: unknown) => void;
};

export const SUBSCRIPTIONS_MAX = 10_000;

/** Does what a client asks for, or says why not; never throws and never rejects. */
export async function onClientFrame(deps: ClientFrameDeps, listener: Listener, bytes: Buffer): Promise<void> {
  const frame = parseClientFrame(bytes);
  if (isRefusal(frame)) return deps.refuse(frame);
  if (frame.action === 'unsubscribe') return unsubscribe(deps.hub, listener, frame.interest);
  if (listener.subscriptions.size >= SUBSCRIPTIONS_MAX && !isSubscribed(listener, frame.interest))
    return deps.refuse(refusal('too-many-subscriptions', frame.interest));
  await onSubscribe(deps, listener, frame.interest);
}

/** Listens first and reads the state after, so that what changes in between is either in the state or heard. */
async function onSubscribe(deps: ClientFrameDeps, listener: Listener, interest: Interest): Promise<void> {
  const subscription = subscribe(deps.hub, listener, interest);
  const giveUp = (why: keyof typeof DETAILS): void => {
    unsubscribe(deps.hub, listener, interest);
    deps.refuse(refusal(why, interest));
  };
  try {
    const states = await deps.readStates(interest);
    if (!isCurrent(subscription)) return;
    if (states.length === 0 && subscription.waiting?.length === 0) return giveUp('not-found');
    answer(subscription, states);
  } catch (error) {
    deps.onError(error);
    if (isCurrent(subscription)) giveUp('unavailable');
  }
}

const DETAILS = {
  'not-found': 'there is nothing with this id',
  'too-many-subscriptions': `a socket may subscribe ${SUBSCRIPTIONS_MAX} times`,
  unavailable: 'the state cannot be read now, subscribe again later',
} as const;

function refusal(why: keyof typeof DETAILS, { kind, id }: Interest): Refusal {
  return { type: `/probs/${why}`, detail: DETAILS[why], [kind]: id };
}

function isRefusal(frame: ClientFrame | Refusal): frame is Refusal {
  return 'type' in frame;
}
