import type { TopicPartition } from './consume.ts';
import type { HeldPartition, Wait } from './held-partition.ts';

/** Which partitions are fetched. One is, when it waits for nothing and not everything is paused. */
export type Flow = {
  isWaiting(held: HeldPartition): boolean;
  wait(held: HeldPartition, why: Wait): void;
  go(held: HeldPartition, why: Wait): void;
  /** Tells the client again: a pause may stem from an earlier time that the partition was ours, or be forgotten. */
  restate(held: HeldPartition): void;
  pauseAll(helds: readonly HeldPartition[]): void;
  resumeAll(helds: readonly HeldPartition[]): void;
};

export function createFlow(client: {
  pause(at: TopicPartition): void;
  resume(at: TopicPartition): void;
}): Flow {
  let isAllPaused = false;

  const isWaiting = (held: HeldPartition): boolean => isAllPaused || held.waits.size > 0;
  const restate = (held: HeldPartition): void => (isWaiting(held) ? client.pause(held) : client.resume(held));

  function setAll(isPaused: boolean, helds: readonly HeldPartition[]): void {
    isAllPaused = isPaused;
    for (const held of helds) restate(held);
  }

  return {
    isWaiting,
    restate,
    wait(held, why) {
      held.waits.add(why);
      restate(held);
    },
    go(held, why) {
      if (held.waits.delete(why)) restate(held);
    },
    pauseAll: (helds) => setAll(true, helds),
    resumeAll: (helds) => setAll(false, helds),
  };
}
