/** What is needed of a socket to write to it. */
export type Wire = {
  bufferedAmount: number;
  send: (text: string, onWritten: () => void) => void;
  close: (code: number, reason: string) => void;
};

/** Frames on their way to one client. */
export type Outlet = {
  /** Of frames with the same key that the client is too slow for, only the newest is sent. */
  send: (key: string, frame: object) => void;
  close: () => void;
};

/** What a client that keeps up has under way; one that has more waits with the rest. */
const BUFFERED_BYTES_MAX = 256 * 1024;
/** As many notifications as a client may subscribe to. */
const HELD_FRAMES_MAX = 10_000;
const TRY_AGAIN_LATER = 1013;

/**
 * Keeps a slow client's memory bounded: what does not fit on the wire is held, the newest frame of each key, and sent
 * when there is room again. A client that takes nothing at all for `stuckMs` is closed.
 */
export function createOutlet(wire: Wire, options: { stuckMs: number }): Outlet {
  const held = new Map<string, object>();
  let stuck: NodeJS.Timeout | undefined;
  let isClosed = false;

  function send(key: string, frame: object): void {
    if (isClosed) return;
    if (held.size === 0 && wire.bufferedAmount < BUFFERED_BYTES_MAX) return write(frame);
    held.set(key, frame);
    stuck ??= setTimeout(giveUp, options.stuckMs);
    if (held.size > HELD_FRAMES_MAX) giveUp();
  }

  function write(frame: object): void {
    wire.send(JSON.stringify(frame), onWritten);
  }

  /** Also called for a frame that could not be written; the socket is closing then and nothing follows. */
  function onWritten(): void {
    if (held.size === 0 || isClosed) return;
    for (const [key, frame] of held) {
      if (wire.bufferedAmount >= BUFFERED_BYTES_MAX) break;
      held.delete(key);
      write(frame);
    }
    clearTimeout(stuck);
    stuck = held.size === 0 ? undefined : setTimeout(giveUp, options.stuckMs);
  }

  function giveUp(): void {
    close();
    wire.close(TRY_AGAIN_LATER, 'too slow: subscribe again later');
  }

  function close(): void {
    isClosed = true;
    clearTimeout(stuck);
    held.clear();
  }

  return { send, close };
}
