import { type Backlog, createShelf } from './shelf.ts';

/** What is needed of a socket to write to it. */
export type Wire = {
  bufferedAmount: number;
  send: (frame: Buffer, onWritten: () => void) => void;
  close: (code: number, reason: string) => void;
};

/** Frames on their way to one client. */
export type Outlet = {
  /** Of frames with the same key that the client is too slow for, only the newest is sent. */
  send: (key: string, frame: Buffer) => void;
  /** Resolves when a frame need not wait, or none will be sent any more. */
  room: () => Promise<void>;
  close: () => void;
};

/** What a client that keeps up has under way; one that has more waits with the rest. */
const BUFFERED_BYTES_MAX = 256 * 1024;
const TRY_AGAIN_LATER = 1013;
const AT_ONCE = Promise.resolve();

/**
 * Keeps a slow client's memory bounded: what does not fit on the wire is held, the newest frame of each key, and sent
 * when there is room again. A client that takes nothing at all for `stuckMs`, or has too much wait, is closed.
 */
export function createOutlet(
  wire: Wire,
  { stuckMs, backlog }: { stuckMs: number; backlog: Backlog },
): Outlet {
  const held = createShelf(backlog);
  let roomy: PromiseWithResolvers<void> | null = null;
  let stuck: NodeJS.Timeout | undefined;
  let isClosed = false;

  function send(key: string, frame: Buffer): void {
    if (isClosed) return;
    if (hasRoom()) return wire.send(frame, onWritten);
    held.put(key, frame);
    stuck ??= setTimeout(giveUp, stuckMs);
    if (held.isTooFull()) giveUp();
  }

  function room(): Promise<void> {
    if (isClosed || hasRoom()) return AT_ONCE;
    stuck ??= setTimeout(giveUp, stuckMs);
    roomy ??= Promise.withResolvers();
    return roomy.promise;
  }

  function hasRoom(): boolean {
    return held.isEmpty() && wire.bufferedAmount < BUFFERED_BYTES_MAX;
  }

  /** Also called for a frame that could not be written; the socket is closing then and nothing follows. */
  function onWritten(): void {
    if (stuck === undefined || isClosed) return;
    while (wire.bufferedAmount < BUFFERED_BYTES_MAX) {
      const frame = held.take();
      if (frame === undefined) break;
      wire.send(frame, onWritten);
    }
    clearTimeout(stuck);
    stuck = hasRoom() ? undefined : setTimeout(giveUp, stuckMs);
    if (hasRoom()) wake();
  }

  function wake(): void {
    roomy?.resolve();
    roomy = null;
  }

  function giveUp(): void {
    close();
    wire.close(TRY_AGAIN_LATER, 'too slow: resume, or subscribe again, later');
  }

  function close(): void {
    isClosed = true;
    clearTimeout(stuck);
    held.clear();
    wake();
  }

  return { send, room, close };
}
