import type { Move } from '@fanfare/db';
import type { PartitionRange } from '@fanfare/kafka';
import type { Logger } from '@fanfare/runtime';

export type StartDeps = {
  readProgress: (partition: number) => Promise<number>;
  rewindProgress: (move: Move) => Promise<void>;
  /** What the log holds of each partition. */
  ranges: () => Promise<PartitionRange[]>;
  log: Logger;
};

/**
 * Where a partition's next event is. A position past the end of the log belongs to a log that is no more, and goes
 * back to the start of the present one: what is there twice is absorbed.
 */
export async function startPosition(deps: StartDeps, partition: number): Promise<number> {
  const position = await deps.readProgress(partition);
  const range = (await deps.ranges()).find((one) => one.partition === partition);
  if (range === undefined || position <= range.high) return position;
  const { low, high } = range;
  deps.log.warn('the status log was made anew, projecting it from its start', {
    partition,
    position,
    low,
    high,
  });
  await deps.rewindProgress({ partition, expected: position, next: low });
  return deps.readProgress(partition);
}
