import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './client-log.ts';
import type { Assignment } from './assignment.ts';
import type { Flow } from './flow.ts';
import type { GroupMember } from './group-member.ts';
import type { HeldPartition } from './held-partition.ts';

type Deps = {
  seekTo: (topic: string, partition: number) => Promise<number | null>;
  member: GroupMember;
  assignment: Assignment;
  flow: Flow;
  log: Log;
};

export type Positions = {
  /** Asks where to start, and fetches nothing of the partition before that is known. */
  place(held: HeldPartition): void;
  /** After a rejoin kafkajs would go back to the committed offset, which says nothing here. */
  keep(held: HeldPartition): void;
};

const RETRY_PAUSE_MS = 1_000;

/** For a reader that keeps its position elsewhere than in Kafka. */
export function createPositions(deps: Deps): Positions {
  async function placeUntilKnown(held: HeldPartition): Promise<void> {
    deps.flow.wait(held, 'position');
    while (isHeld(deps, held) && !(await isPlaced(deps, held))) await sleep(RETRY_PAUSE_MS);
  }

  function place(held: HeldPartition): void {
    void placeUntilKnown(held);
  }

  function keep(held: HeldPartition): void {
    if (held.waits.has('position')) return;
    const next = held.next();
    if (next === null) place(held);
    else deps.member.seek(held, next);
  }

  return { place, keep };
}

async function isPlaced(deps: Deps, held: HeldPartition): Promise<boolean> {
  const { topic, partition } = held;
  try {
    const offset = await deps.seekTo(topic, partition);
    if (!isHeld(deps, held)) return true;
    if (offset !== null) deps.member.seek(held, offset);
    deps.flow.go(held, 'position');
    return true;
  } catch (error) {
    deps.log.warn('kafka: no position to read from yet', { topic, partition, error: String(error) });
    return false;
  }
}

/** False once the partition has gone, or begun a new epoch. */
function isHeld({ assignment }: Deps, held: HeldPartition): boolean {
  return assignment.get(held.topic, held.partition) === held;
}
