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
