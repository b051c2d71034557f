/** A notification that was accepted, and when; a call that the provider got for one. In milliseconds since 1970. */
type Accepted = { id: string; acceptedAt: number };
type Call = { id: string; at: number };

/** Milliseconds from the kill of a worker to the call that each notification then needed. */
export type AfterKill = {
  /** Of those whose call the kill cut off: to the second call. */
  cutOff: number[];
  /** Of those that had been accepted and not called yet: to the first call. */
  waiting: number[];
};

/**
 * What the killed worker left behind, and when another had sent it. Those that waited for a living worker are among
 * the waiting ones: nobody can tell whose they were, and they wait the least.
 *
 * @param calls oldest first
 * @throws when one was never called
 */
export function waitsAfterKill(
  killedAt: number,
  accepted: readonly Accepted[],
  calls: readonly Call[],
): AfterKill {
  const callsOf = Map.groupBy(calls, ({ id }) => id);
  const waits: AfterKill = { cutOff: [], waiting: [] };
  for (const { id } of accepted.filter(({ acceptedAt }) => acceptedAt <= killedAt)) {
    const own = callsOf.get(id) ?? [];
    // A dead worker's last requests may still be on their way: what counts is the call after which there is none.
    const last = own.at(-1)?.at;
    if (last === undefined) throw new Error(`${id} was never sent`);
    if (last <= killedAt) continue;
    const kind = own.length > 1 ? 'cutOff' : 'waiting';
    waits[kind].push(last - killedAt);
  }
  return waits;
}
