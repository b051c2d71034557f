import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaHandle } from '../index.ts';
import { committedOf, type Opened } from './harness.ts';
import { idOf, type Place } from './place.ts';

/** The rule of every commit, watched from outside while a group works: nothing unfinished lies before an offset. */
export type CommitWatch = {
  /** To be called before the record's own `done`: a commit that follows from it is then seen after it. */
  finished(place: Place): void;
  isFinished(place: Place): boolean;
  finishedCount(): number;
  /** Asks the broker once more now. */
  look(): Promise<void>;
  stop(): Promise<Evidence>;
};

type Evidence = {
  /** Offsets that were committed past a record that nobody had finished by then. */
  breaches: string[];
  /** Answers of the broker that moved a position. */
  moves: number;
};

const AWAY_PAUSE_MS = 100;

/**
 * Watches until it is stopped, or its test is over.
 * @param group its topic's log has no gaps
 */
export function watchCommits(
  open: Opened,
  kafka: KafkaHandle,
  group: { groupId: string; topic: string },
): CommitWatch {
  const done = new Set<string>();
  const evidence: Evidence = { breaches: [], moves: 0 };
  const seen = new Map<number, number>();
  const over = new AbortController();

  function check(partition: number, committed: number): void {
    const from = seen.get(partition) ?? 0;
    if (committed <= from) return;
    for (let offset = from; offset < committed; offset += 1)
      if (!done.has(idOf({ partition, offset })))
        evidence.breaches.push(`${committed} past ${idOf({ partition, offset })}`);
    seen.set(partition, committed);
    evidence.moves += 1;
  }

  async function look(): Promise<void> {
    for (const [partition, committed] of await committedOf(kafka, group)) check(partition, committed);
  }

  async function watch(): Promise<void> {
    // A broker that is away has nothing to tell; the next answer covers what it has missed.
    while (!over.signal.aborted) await look().catch(() => sleep(AWAY_PAUSE_MS));
  }

  const watching = watch();
  open.add(() => {
    over.abort();
    return watching;
  });
  return {
    finished: (place) => void done.add(idOf(place)),
    isFinished: (place) => done.has(idOf(place)),
    finishedCount: () => done.size,
    look,
    async stop() {
      over.abort();
      await watching;
      await look();
      return evidence;
    },
  };
}
