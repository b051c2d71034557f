import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Offsets } from 'kafkajs';
import type { Log } from './client-log.ts';
import type { Assignment } from './assignment.ts';
import type { GroupMember } from './group-member.ts';
import type { HeldPartition } from './held-partition.ts';

type Deps = {
  assignment: Assignment;
  member: GroupMember;
  everyMs: number;
  log: Log;
};

export type Committer = {
  /** Something is done: commit it within the interval. An idle consumption has no timer. */
  soon(): void;
  /** Resolves when what was done at the call is committed, or that has failed. */
  now(): Promise<void>;
  stop(): void;
};

/** One commit at a time; a failed one is repeated with what is done by then. */
export function createCommitter(deps: Deps): Committer {
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let isStopped = false;

  function soon(): void {
    if (timer !== null || isStopped) return;
    timer = setTimeout(() => {
      timer = null;
      void now();
    }, deps.everyMs);
  }

  async function now(): Promise<void> {
    await running;
    running ??= commitOnce(deps).finally(() => (running = null));
    await running;
    if (deps.assignment.all().some((held) => held.uncommitted() !== null)) soon();
  }

  function stop(): void {
    isStopped = true;
    if (timer !== null) clearTimeout(timer);
  }

  return { soon, now, stop };
}

/**
 * Offsets and generation are read in the same turn of the event loop, and a turn of its own at that: the generation
 * changes a microtask before the assignment does, and Kafka does not check that a committed partition is ours.
 */
async function commitOnce({ assignment, member, log }: Deps): Promise<void> {
  await nextTurn();
  const due = assignment.all().flatMap((partition) => {
    const offset = partition.uncommitted();
    return offset === null ? [] : [{ partition, offset }];
  });
  if (due.length === 0) return;
  try {
    await member.commitOffsets({ topics: byTopic(due) });
    for (const { partition, offset } of due) partition.committed(offset);
  } catch (error) {
    log.debug('kafka commit failed, it is repeated', { error: String(error) });
  }
}

type Due = { partition: HeldPartition; offset: number };

function byTopic(due: Due[]): Offsets['topics'] {
  const groups = Map.groupBy(due, ({ partition }) => partition.topic);
  return Array.from(groups, ([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition: { partition }, offset }) => ({
      partition,
      offset: String(offset),
    })),
  }));
}
