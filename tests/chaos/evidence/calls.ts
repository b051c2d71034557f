import { callsSince, type ProviderCall } from '../../journey/simulator.ts';
import type { Call } from '../ledger/evidence.ts';

/** Every call that the provider ever got, oldest first. */
export async function readCalls(simulatorUrl: string): Promise<Call[]> {
  return (await callsSince(simulatorUrl, 0)).map(callOf);
}

/** Its key is `<notification id>:<cycle>`. */
function callOf({ idempotencyKey, at, answer }: ProviderCall): Call {
  const [id = '', cycle] = idempotencyKey.split(':');
  return { id, cycle: Number(cycle), at: Date.parse(at), answer: answer as Call['answer'] };
}
