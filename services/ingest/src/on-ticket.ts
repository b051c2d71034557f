import type { TicketResource } from '@fanfare/contracts';
import { TICKET_LIFE_MS, writeTicket } from '@fanfare/db';
import { rfc3339 } from '@fanfare/domain';

export type TicketDeps = {
  /** What tickets are signed with; the same in every process, of the gateway too. */
  cursorKey: () => Promise<Buffer>;
  /** Epoch milliseconds. */
  now: () => number;
};

/** `POST /api/v1/ws/tickets`: a browser, which sends no headers with a WebSocket, shows it in the address instead. */
export async function onCreateTicket(
  { cursorKey, now }: TicketDeps,
  callerId: string,
): Promise<TicketResource> {
  const expiresAt = now() + TICKET_LIFE_MS;
  const ticket = writeTicket(await cursorKey(), { callerId, expiresAt });
  return { ticket, expires_at: rfc3339(expiresAt) };
}
