/** What waits for all the clients of a process. */
export type Backlog = { bytes: number };

/** Frames that wait for one client: of each key the newest, in the order of their coming. */
export type Shelf = {
  put: (key: string, frame: Buffer) => void;
  /** The one that came first, from the shelf. */
  take: () => Buffer | undefined;
  isEmpty: () => boolean;
  /** It holds more than one client, or all together, may have wait. */
  isTooFull: () => boolean;
  clear: () => void;
};

/** As many notifications as a client may subscribe to, with half a kilobyte each, and room to spare. */
const BYTES_MAX = 8 * 1024 * 1024;
/** Whoever goes beyond has to go: nobody else does much for it. */
const BACKLOG_BYTES_MAX = 128 * 1024 * 1024;

export function createShelf(backlog: Backlog): Shelf {
  const frames = new Map<string, Buffer>();
  let bytes = 0;

  function count(more: number): void {
    bytes += more;
    backlog.bytes += more;
  }

  function remove(key: string): Buffer | undefined {
    const frame = frames.get(key);
    frames.delete(key);
    count(-(frame?.length ?? 0));
    return frame;
  }

  return {
    put: (key, frame) => {
      // To the end also then: whoever has the cursor of a frame has been sent everything before it.
      remove(key);
      frames.set(key, frame);
      count(frame.length);
    },
    take: () => {
      const [key] = frames.keys();
      return key === undefined ? undefined : remove(key);
    },
    isEmpty: () => frames.size === 0,
    isTooFull: () => bytes > BYTES_MAX || backlog.bytes > BACKLOG_BYTES_MAX,
    clear: () => {
      frames.clear();
      count(-bytes);
    },
  };
}
