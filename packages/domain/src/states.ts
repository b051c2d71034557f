import type { Status } from '@fanfare/contracts';

/** The states of a row of `deliveries`, the truth about a notification. */
export const DELIVERY_STATES = [
  'scheduled',
  'accepted',
  'processing',
  'retrying',
  'delivered',
  'failed',
  'cancelled',
  'expired',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A row of `deliveries`, as every statement that reads or changes one returns it. Times are epoch milliseconds. */
export type Delivery = {
  id: string;
  state: DeliveryState;
  /** Redrives from the dead letters so far. */
  cycle: number;
  /** The attempt last claimed, counted from 1; 0 before the first claim. */
  attempt: number;
  max_attempts: number;
  /** Claims so far; never reset. Only the holder of the newest may settle. */
  fence: number;
  due_at: number | null;
  expires_at: number | null;
  delivery_mode: string;
  /** When the present state was entered. */
  at: number;
  /** When the attempt that led here was claimed. */
  started_at: number | null;
  duration_ms: number | null;
  provider: string | null;
  provider_message_id: string | null;
  outcome: string | null;
  reason: string | null;
};

/**
 * The machine. Each entry names a transition, the states it may start from, and the state it ends in; the drawing in
 * ARCHITECTURE.md and the SQL guards are held to it by tests.
 */
export const TRANSITIONS = {
  release: { from: ['scheduled'], to: 'accepted' },
  claim: { from: ['accepted', 'retrying'], to: 'processing' },
  reclaim: { from: ['processing'], to: 'processing' },
  deliver: { from: ['processing'], to: 'delivered' },
  retry: { from: ['processing'], to: 'retrying' },
  fail: { from: ['processing'], to: 'failed' },
  // Its retry is a record that Kafka will never take.
  giveUp: { from: ['retrying'], to: 'failed' },
  cancel: { from: ['scheduled', 'accepted', 'retrying'], to: 'cancelled' },
  expire: { from: ['scheduled', 'accepted', 'processing', 'retrying'], to: 'expired' },
  redrive: { from: ['failed'], to: 'accepted' },
  // What was sent is said to be sent: an accepted answer whose lease is lost overrules any other state.
  deliverLate: {
    from: ['accepted', 'processing', 'retrying', 'failed', 'cancelled', 'expired'],
    to: 'delivered',
  },
} as const satisfies Record<string, { from: readonly DeliveryState[]; to: DeliveryState }>;
export type Transition = keyof typeof TRANSITIONS;

/** Whether the machine allows `transition` from `state`. */
export function allows(transition: Transition, state: DeliveryState): boolean {
  const { from }: { from: readonly DeliveryState[] } = TRANSITIONS[transition];
  return from.includes(state);
}

/**
 * Nothing more happens by itself.
 * @param state of a row, or what clients are told of it: both end under the same names
 */
export function isTerminal(state: string): boolean {
  return state === 'delivered' || state === 'failed' || state === 'cancelled' || state === 'expired';
}

/** What clients are told of a state. */
export function statusOf(state: DeliveryState): Status {
  if (state === 'scheduled') return 'pending';
  return state === 'accepted' ? 'queued' : state;
}

const RANK: Record<Status, number> = {
  pending: 0,
  queued: 1,
  processing: 2,
  retrying: 3,
  expired: 4,
  cancelled: 5,
  failed: 6,
  delivered: 7,
};
const CYCLE_SPAN = 1_000_000;
const TERMINAL_BASE = 900_000;
const FENCE_SPAN = 10;
// A notification throttled every second for a day comes here; its open states then tie, but never beat an end.
const FENCE_MAX = TERMINAL_BASE / FENCE_SPAN - 1;

/**
 * Orders the states of one notification. A projection only moves to a higher version, so events may come twice or in
 * any order. A redrive (cycle) beats all that went before it; within a cycle terminal states beat open ones, and
 * `delivered` beats every other end.
 */
export function versionOf({ state, cycle, fence }: Pick<Delivery, 'state' | 'cycle' | 'fence'>): number {
  const progress = isTerminal(state) ? TERMINAL_BASE : Math.min(fence, FENCE_MAX) * FENCE_SPAN;
  return cycle * CYCLE_SPAN + progress + RANK[statusOf(state)];
}

/** The row of a notification that was accepted just now. */
export function acceptedDelivery(
  notification: { id: string; max_attempts: number; expires_at: number | null; delivery_mode: string },
  at: number,
): Delivery {
  const { id, max_attempts, expires_at, delivery_mode } = notification;
  return {
    id,
    max_attempts,
    expires_at,
    delivery_mode,
    at,
    state: 'accepted',
    cycle: 0,
    attempt: 0,
    fence: 0,
    due_at: expires_at,
    started_at: null,
    duration_ms: null,
    provider: null,
    provider_message_id: null,
    outcome: null,
    reason: null,
  };
}
