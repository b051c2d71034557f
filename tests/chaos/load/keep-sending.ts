import { setTimeout as sleep } from 'node:timers/promises';
import { type Order, sizeOf } from './orders.ts';

export type SendingOptions = {
  orders: Iterator<Order, never>;
  send: (order: Order) => Promise<void>;
  perSecond: number;
  /** Ends the sending; what is under way is waited for. */
  signal: AbortSignal;
};

/** Orders whose answers are waited for; cancels that are still to come count as well. */
const UNDER_WAY_MAX = 400;
/** What could not be sent for so long is left out, so that an outage is not followed by a flood. */
const BEHIND_MS_MAX = 1_000;

/** Sends at a steady rate, whatever becomes of what was sent before. Returns how many notifications there were. */
export async function keepSending({ orders, send, perSecond, signal }: SendingOptions): Promise<number> {
  const underWay = new Set<Promise<void>>();
  let count = 0;
  let dueAt = performance.now();
  while (!signal.aborted) {
    const order = orders.next().value;
    await sleep(Math.max(0, dueAt - performance.now()));
    if (underWay.size >= UNDER_WAY_MAX) await Promise.race(underWay);
    const sending = send(order);
    underWay.add(sending);
    void sending.finally(() => underWay.delete(sending));
    count += sizeOf(order);
    dueAt = Math.max(dueAt, performance.now() - BEHIND_MS_MAX) + (sizeOf(order) * 1_000) / perSecond;
  }
  await Promise.all(underWay);
  return count;
}
