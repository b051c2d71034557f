import { createHmac, timingSafeEqual } from 'node:crypto';

/** Who may open a WebSocket with it, and until when, in epoch milliseconds. */
export type Ticket = { callerId: string; expiresAt: number };

export const TICKET_LIFE_MS = 60_000;
const TEXT_MAX = 512;
const EXPIRY_BYTES = 6;
/** Half of a SHA-256: 2^128 tries to guess one. */
const SIGNATURE_BYTES = 16;

/** @param key as `openCursorKey` gives it; the purpose is signed too, so no cursor is a ticket */
export function writeTicket(key: Buffer, { callerId, expiresAt }: Ticket): string {
  const expiry = Buffer.alloc(EXPIRY_BYTES);
  expiry.writeUIntBE(expiresAt, 0, EXPIRY_BYTES);
  const body = Buffer.concat([expiry, Buffer.from(callerId)]);
  return Buffer.concat([signatureOf(key, body), body]).toString('base64url');
}

/** Null for what {@link writeTicket} has not written with this key, and for what is over. */
export function readTicket(key: Buffer, text: string, now: number): Ticket | null {
  if (text.length > TEXT_MAX) return null;
  const bytes = Buffer.from(text, 'base64url');
  const body = bytes.subarray(SIGNATURE_BYTES);
  if (body.length <= EXPIRY_BYTES || bytes.toString('base64url') !== text) return null;
  if (!timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), signatureOf(key, body))) return null;
  const expiresAt = body.readUIntBE(0, EXPIRY_BYTES);
  return now < expiresAt ? { callerId: body.subarray(EXPIRY_BYTES).toString(), expiresAt } : null;
}

function signatureOf(key: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', key)
    .update('websocket ticket')
    .update(body)
    .digest()
    .subarray(0, SIGNATURE_BYTES);
}
