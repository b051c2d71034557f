import type { NotificationResource } from '@fanfare/contracts';
import type { Rescheduling } from '@fanfare/db';
import { applyTimeRules, momentsOf } from '@fanfare/domain';
import type { Repeat } from './idempotency.ts';
import { invalid, notFound, problem } from './problem.ts';
import { readBody } from './request.ts';

export type RescheduleDeps = {
  now: () => number;
  /** One transaction: the truth, and what clients read. */
  reschedule: (id: string, scheduledAt: number) => Promise<Rescheduling | null>;
  getNotification: (id: string) => Promise<NotificationResource | null>;
};

/**
 * `PATCH /api/v1/notifications/{id}`: another `scheduled_at`, while it is not due. Under a key that came before it is what
 * was asked for, if that is its time, due or not.
 */
export async function onReschedule(
  deps: RescheduleDeps,
  id: string,
  body: unknown,
  repeat: Repeat | null = null,
): Promise<NotificationResource> {
  const scheduledAt = readSchedule(body, deps.now());
  const rescheduling = await deps.reschedule(id, scheduledAt);
  if (rescheduling === null) throw notFound(id);
  const notification = await deps.getNotification(id);
  if (notification === null) throw notFound(id);
  const isRepeated = repeat?.isFirst === false && Date.parse(notification.scheduled_at ?? '') === scheduledAt;
  if (!isRepeated) refuse(rescheduling);
  return notification;
}

/** In the past is now. */
function readSchedule(body: unknown, now: number): number {
  const given = readBody('Reschedule', body, (asked, fault) =>
    applyTimeRules(asked, momentsOf(asked), now, fault),
  );
  return Math.max(momentsOf(given).scheduled_at ?? now, now);
}

function refuse({ verdict, status }: Rescheduling): void {
  if (verdict === 'expires_before')
    throw invalid([
      { field: 'scheduled_at', message: 'must lie before expires_at', type: 'invalid-request' },
    ]);
  if (verdict === 'too_late')
    throw problem('invalid-transition', {
      detail:
        status === 'pending'
          ? 'it is due, and can be rescheduled no more'
          : `it is ${status}, and can be rescheduled no more`,
    });
}
