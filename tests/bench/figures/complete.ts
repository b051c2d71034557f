import { BATCH_SIZE } from '../batches.ts';
import type { OpenLoopResult } from '../load/loads.ts';

/**
 * The requests that count.
 * @throws unless every request was accepted: the latency of the others would be missing from the figure
 */
export function requireAll({ sent, refused }: OpenLoopResult): OpenLoopResult['sent'] {
  if (Object.keys(refused).length > 0)
    throw new Error(`${sent.length} requests were accepted; the others: ${JSON.stringify(refused)}`);
  return sent.filter(({ isWarmUp }) => !isWarmUp);
}

/** @throws unless every notification of these batches is told to be delivered */
export async function requireAllToldDelivered(ingestPort: number, batches: readonly string[]): Promise<void> {
  for (const id of batches) {
    const response = await fetch(`http://127.0.0.1:${ingestPort}/api/v1/notifications/batch/${id}`);
    const { counts } = (await response.json()) as { counts: Record<string, number> };
    if (counts['delivered'] !== BATCH_SIZE)
      throw new Error(`a batch of ${BATCH_SIZE} is told as ${JSON.stringify(counts)}`);
  }
}
