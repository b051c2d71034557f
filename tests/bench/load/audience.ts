import { onInput } from './child.ts';
import { type Heard, openListeners } from './listeners.ts';

/** A client for each of these notifications, with a socket of its own, until all have come to their end. */
export type Audience = { port: number; ids: readonly string[]; limitMs: number };

onInput(async ({ port, ids, limitMs }: Audience): Promise<Heard[]> => {
  const listeners = await openListeners(port, ids.length);
  for (const [socket, id] of ids.entries()) listeners.subscribe(socket, id);
  return listeners.heard(ids.length, limitMs);
});
