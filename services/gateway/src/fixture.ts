// For tests alone.
import type { StatusEvent } from '@fanfare/contracts';
import type { LogPage, LogPosition } from '@fanfare/db';
import { endOf, type StatusFrame } from '@fanfare/redis';
import type { StatusUpdate } from './status-update.ts';

/** A state of a notification that is as it was accepted, but for what is given. */
export function stateOf(
  notification_id: string,
  version = 0,
  change: Partial<StatusUpdate> = {},
): StatusUpdate {
  return {
    notification_id,
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
    ...change,
  };
}

/** What the log has at one place: each is of a notification of its own. */
export type Place = [partition: number, offset: number];
export const placeOf = ({ notification_id }: { notification_id: string }): Place => {
  const [partition, offset] = notification_id.split('/').map(Number);
  return [partition ?? 0, offset ?? 0];
};

/** A status log with the projector before it. */
export function createFakeLog() {
  const offsets = new Map<number, number[]>([
    [0, []],
    [1, []],
  ]);
  const told = new Map<number, number>();
  const nextOf = (partition: number): number => (offsets.get(partition)?.at(-1) ?? -1) + 1;
  const chain = (frame: StatusFrame): StatusFrame => {
    told.set(frame.partition, endOf(frame));
    return frame;
  };
  const sinceOf = (partition: number): number => told.get(partition) ?? 0;
  return {
    /** Projects an event, some offsets after the one before; returns the frame that tells it. */
    append: (partition: number, skip = 0): StatusFrame => {
      const offset = nextOf(partition) + skip;
      offsets.set(partition, [...(offsets.get(partition) ?? []), offset]);
      return chain({ partition, since: sinceOf(partition), offset, event: eventAt(partition, offset) });
    },
    /** How far a partition is, as the projector says every second. */
    position: (partition: number): StatusFrame =>
      chain({ partition, since: sinceOf(partition), position: nextOf(partition) }),
    page: (after: LogPosition | null, limit: number, logId = ''): LogPage =>
      pageOf(offsets, after ?? new Map(), after === null ? 0 : limit, logId),
    after: (from: LogPosition): Place[] =>
      Array.from(offsets).flatMap(([partition, all]) =>
        all.filter((one) => one >= (from.get(partition) ?? 0)).map((one): Place => [partition, one]),
      ),
  };
}

export function eventAt(partition: number, offset: number): StatusEvent {
  return {
    ...stateOf(`${partition}/${offset}`, 1),
    tenant_id: 'default',
    template_id: null,
    cycle: 0,
    at: 1_780_000_000_000,
    started_at: null,
    duration_ms: null,
    outcome: null,
    next_retry_at: null,
    source: null,
  };
}

function pageOf(log: Map<number, number[]>, after: LogPosition, limit: number, logId: string): LogPage {
  const pages = Array.from(log, ([partition, all]) => {
    const left = all.filter((offset) => offset >= (after.get(partition) ?? 0));
    const page = left.slice(0, limit);
    const isFull = limit > 0 && page.length === limit;
    const next = ((isFull ? page.at(-1) : all.at(-1)) ?? -1) + 1;
    return { partition, page, isFull, next };
  });
  return {
    states: pages.flatMap(({ partition, page }) =>
      page.map((offset) => ({
        ...eventAt(partition, offset),
        status: 'queued' as const,
        next_retry_at: null,
        log_partition: partition,
        log_offset: offset,
      })),
    ),
    position: new Map(pages.map(({ partition, next }) => [partition, next])),
    isEnd: pages.every(({ isFull }) => !isFull),
    logId,
  };
}

/** In the order of each partition, which is all that is promised. */
export function byPartition(places: Place[]): Place[] {
  return places.toSorted(([a], [b]) => a - b);
}
