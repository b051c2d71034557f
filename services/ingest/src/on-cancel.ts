import type { NotificationResource } from '@fanfare/contracts';
import type { Cancellation } from '@fanfare/db';
import { isSince, type Repeat } from './idempotency.ts';
import { notFound, problem } from './problem.ts';

export type CancelDeps = {
  /** One transaction: the truth, what clients read, and the promise to tell everybody else. */
  cancel: (id: string) => Promise<Cancellation | null>;
  getNotification: (id: string) => Promise<NotificationResource | null>;
};

/**
 * `PATCH /api/v1/notifications/{id}/cancel`. A 200 means that no call is made after it. While an attempt is under way
 * it is too late, as it is after any end; but under a key that came before it was cancelled, it is what was asked for. The
 * scheduler publishes the event.
 */
export async function onCancel(
  deps: CancelDeps,
  id: string,
  repeat: Repeat | null = null,
): Promise<NotificationResource> {
  const cancellation = await deps.cancel(id);
  if (cancellation === null) throw notFound(id);
  const cancelled = await deps.getNotification(id);
  if (cancelled === null) throw notFound(id);
  if (!cancellation.cancelled && !isSince(cancelled.cancelled_at, repeat))
    throw problem('invalid-transition', {
      detail: `it is ${cancellation.status}, and can be cancelled no more`,
    });
  return cancelled;
}
