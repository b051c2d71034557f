import type { BatchCancellation } from '@fanfare/contracts';
import { notFound } from './problem.ts';

export type BatchCancelDeps = {
  /** One transaction: the truth, what clients read, and the promise to tell everybody else. */
  cancelBatch: (id: string) => Promise<BatchCancellation | null>;
};

/**
 * `PATCH /api/v1/notifications/batch/{id}/cancel`. Of what it counts as cancelled no call is made after the answer. It
 * may come again, for those that were too late because an attempt was under way which is to be repeated.
 */
export async function onCancelBatch(
  { cancelBatch }: BatchCancelDeps,
  id: string,
): Promise<BatchCancellation> {
  const cancellation = await cancelBatch(id);
  if (cancellation === null) throw notFound(id);
  return cancellation;
}
