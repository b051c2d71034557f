import type { IMemberAssignment } from 'kafkajs';
import type { TopicPartition } from './consume.ts';
import type { HeldPartition } from './held-partition.ts';

/** The partitions that this member holds, each in its present epoch. */
export type Assignment = {
  get(topic: string, partition: number): HeldPartition | undefined;
  all(): HeldPartition[];
  /** Takes over what a join of the group gave. */
  rejoined(memberId: string, given: IMemberAssignment): Change;
  /** Ends the epoch of a partition and begins the next. */
  renew(held: HeldPartition): HeldPartition;
  revokeAll(): void;
};

type Change = { assigned: HeldPartition[]; revoked: HeldPartition[]; kept: HeldPartition[] };

export function createAssignment(hold: (at: TopicPartition) => HeldPartition): Assignment {
  const helds = new Map<string, HeldPartition>();
  let member: string | null = null;

  /**
   * A member that keeps its id was never thought dead, so nobody else was given its partitions: they keep their
   * epoch. Under a new id somebody else may have read them meanwhile, and committed further.
   */
  function rejoined(memberId: string, given: IMemberAssignment): Change {
    const wanted = new Map(partitionsOf(given).map((at) => [keyOf(at.topic, at.partition), at]));
    const revoked = [...helds].filter(([key]) => member !== memberId || !wanted.has(key));
    member = memberId;
    for (const [key, held] of revoked) {
      held.revoke();
      helds.delete(key);
    }
    const kept = [...helds.values()];
    const assigned = [...wanted].filter(([key]) => !helds.has(key)).map(([, at]) => begin(at));
    return { assigned, revoked: revoked.map(([, held]) => held), kept };
  }

  function begin(at: TopicPartition): HeldPartition {
    const held = hold(at);
    helds.set(keyOf(at.topic, at.partition), held);
    return held;
  }

  function renew(held: HeldPartition): HeldPartition {
    held.revoke();
    return begin(held);
  }

  function revokeAll(): void {
    for (const held of helds.values()) held.revoke();
    helds.clear();
  }

  return {
    get: (topic, partition) => helds.get(keyOf(topic, partition)),
    all: () => [...helds.values()],
    rejoined,
    renew,
    revokeAll,
  };
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

function partitionsOf(given: IMemberAssignment): TopicPartition[] {
  return Object.entries(given).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
