import type { Update } from './live-frame.ts';
import type { Listener } from './live-socket.ts';

/** What is listened to: one notification, a batch, or everything. */
export type Watched = { notification_id: string } | { batch_id: string } | { all: true };

export type StreamDeps = {
  onUpdate: (update: Update) => void;
  /** Some changes can no longer be had. */
  onGap: () => void;
};

/** Of more notifications than this a state may be told twice after a lost connection. */
const REMEMBERED_MAX = 50_000;

/**
 * A stream of changes that goes on where it broke off: from the newest cursor; without one by asking anew, and passing over
 * the states that were told.
 */
export function statusStream(watched: Watched, { onUpdate, onGap }: StreamDeps): Listener {
  let cursor: string | null = null;
  const told = new Map<string, number>();
  function isNew({ notification_id, version }: Update): boolean {
    // Each comes once by itself, and nobody remembers everything.
    if ('all' in watched) return true;
    if (version <= (told.get(notification_id) ?? -1)) return false;
    told.delete(notification_id);
    told.set(notification_id, version);
    for (const oldest of told.keys()) {
      if (told.size <= REMEMBERED_MAX) break;
      told.delete(oldest);
    }
    return true;
  }
  return {
    onOpen: (ask) => {
      ask(cursor === null ? { action: 'subscribe', ...watched } : { action: 'resume', cursor });
    },
    onFrame: (frame) => {
      cursor = frame.cursor ?? cursor;
      if (frame.isResync) onGap();
      if (frame.update !== null && isNew(frame.update)) onUpdate(frame.update);
    },
  };
}
