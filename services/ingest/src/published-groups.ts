/**
 * Outbox rows that have served: Kafka has acknowledged their groups. They are deleted with the next group's
 * transaction, which costs no round trip, or alone after a moment of quiet.
 */
export type PublishedGroups = {
  add(outboxId: string): void;
  /** Hands them to a transaction that will delete them. */
  take(): string[];
  /** The transaction failed. */
  putBack(outboxIds: string[]): void;
  /** Deletes what is left. */
  flush(): Promise<void>;
};

const QUIET_MS = 1_000;

export function createPublishedGroups(forget: (outboxIds: string[]) => Promise<void>): PublishedGroups {
  let ids: string[] = [];
  let timer: NodeJS.Timeout | null = null;

  function take(): string[] {
    const taken = ids;
    ids = [];
    return taken;
  }

  function putBack(outboxIds: string[]): void {
    ids.push(...outboxIds);
    flushLater();
  }

  function flushLater(): void {
    if (ids.length > 0 && timer === null) timer = setTimeout(flushQuietly, QUIET_MS);
  }

  async function flush(): Promise<void> {
    const taken = take();
    if (taken.length === 0) return;
    await forget(taken).catch((error: unknown) => {
      ids.push(...taken);
      throw error;
    });
  }

  /** What cannot be deleted now is tried again; were it never, the scheduler would publish it once more. */
  function flushQuietly(): void {
    timer = null;
    flush().catch(flushLater);
  }

  return { add: (id) => putBack([id]), take, putBack, flush };
}
