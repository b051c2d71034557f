import type { LogPosition, LogScope } from '@fanfare/db';
import { writeCursor } from './cursor.ts';
import type { StatusUpdate } from './status-update.ts';

/** What a client may listen to. */
export type Interest = LogScope;

/** A place in the status log. */
export type Place = {
  offsets: LogPosition;
  /** Which log it is; another text once the log was made anew. */
  log: string;
  /** When it was reached, in epoch milliseconds. */
  at: number;
};

/** A state on its way to listeners. */
export type Told = {
  state: StatusUpdate;
  /** Who has been told this has been told everything before here; null where that is not so. */
  place: Place | null;
  /** The bytes, for the interest that they were made for last. */
  frame?: { key: string; bytes: Buffer };
};

/** One that the status log brought. */
export type Change = Told & { partition: number; offset: number };

export function keyOf(interest: Interest): string {
  return interest.kind === 'all' ? 'all' : `${interest.kind}:${interest.id}`;
}

/** An interest as frames name it. */
export function nameOf(interest: Interest): { all: true } | { notification_id?: string; batch_id?: string } {
  return interest.kind === 'all' ? { all: true } : { [interest.kind]: interest.id };
}

/** Of each partition the later of two offsets. */
export function furthest(one: LogPosition, other: LogPosition): LogPosition {
  const ahead = Array.from(other).filter(([partition, offset]) => offset > (one.get(partition) ?? 0));
  return ahead.length === 0 ? one : new Map([...one, ...ahead]);
}

/** What a client who listens to `interest` is sent; all who listen to the same share it. */
export function frameOf(told: Told, interest: Interest): Buffer {
  const { state, place, frame } = told;
  const key = keyOf(interest);
  if (frame?.key === key) return frame.bytes;
  const bytes = bytesOf(place === null ? state : { ...state, cursor: writeCursor(interest, place) });
  told.frame = { key, bytes };
  return bytes;
}

export function bytesOf(frame: object): Buffer {
  return Buffer.from(JSON.stringify(frame));
}
