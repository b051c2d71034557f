import { type StatusEvent, statusChannel } from '@fanfare/contracts';
import { isRecord } from '@fanfare/domain';
import type { RedisMessage } from './connect.ts';

/**
 * What the projector tells the gateways about one partition of the status topic: an event that was new, or how far it
 * has come without one. The frames of a partition form a chain: `since` is where the frame before it ended, so whoever
 * listens sees that one is missing, whether Redis, its connection or the projector lost it.
 */
export type StatusFrame =
  | { partition: number; since: number; offset: number; event: StatusEvent }
  | { partition: number; since: number; position: number };

/** Matches the channel of every partition, however many there are. */
export const STATUS_CHANNELS = statusChannel(0).replace('0', '*');

export function statusMessage(frame: StatusFrame): RedisMessage {
  return { channel: statusChannel(frame.partition), message: JSON.stringify(frame) };
}

/** Where the frame after this one has its `since`. */
export function endOf(frame: StatusFrame): number {
  return 'event' in frame ? frame.offset + 1 : frame.position;
}

/** The frame of a message, or null for a message that is none. */
export function parseStatusFrame(message: string): StatusFrame | null {
  try {
    const frame: unknown = JSON.parse(message);
    return isStatusFrame(frame) ? frame : null;
  } catch {
    return null;
  }
}

function isStatusFrame(value: unknown): value is StatusFrame {
  if (!isRecord(value) || !isOffset(value['partition']) || !isOffset(value['since'])) return false;
  return 'event' in value
    ? isOffset(value['offset']) && isEvent(value['event'])
    : isOffset(value['position']);
}

/** What every version of an event has and a reader cannot do without. */
function isEvent(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { notification_id, status, version, at } = value;
  return (
    typeof notification_id === 'string' &&
    typeof status === 'string' &&
    Number.isSafeInteger(version) &&
    Number.isSafeInteger(at)
  );
}

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
