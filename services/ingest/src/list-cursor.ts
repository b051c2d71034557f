import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ListFilter, ListPosition, ListWalk } from '@fanfare/db';

/** A place in a list and the way to go on from it. */
export type Cursor = { towards: ListWalk['towards']; from: ListPosition };

/** Direction, milliseconds, id. */
const PLACE_BYTES = 1 + 8 + 16;
/** Half of a SHA-256: 2^128 tries to guess one. */
const SIGNATURE_BYTES = 16;
const DIRECTIONS: readonly Cursor['towards'][] = ['older', 'newer'];

/** Opaque to clients, and signed together with the filters, so that it is good for these alone and cannot be made up. */
export function writeCursor(key: Buffer, filter: ListFilter, { towards, from }: Cursor): string {
  const place = Buffer.alloc(PLACE_BYTES);
  place.writeUInt8(DIRECTIONS.indexOf(towards), 0);
  place.writeBigInt64BE(BigInt(from.created_at), 1);
  place.write(from.id.replaceAll('-', ''), 9, 'hex');
  return Buffer.concat([place, signatureOf(key, filter, place)]).toString('base64url');
}

/** Null for what {@link writeCursor} has not written for the same filters. */
export function readCursor(key: Buffer, filter: ListFilter, text: string): Cursor | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== PLACE_BYTES + SIGNATURE_BYTES || bytes.toString('base64url') !== text) return null;
  const place = bytes.subarray(0, PLACE_BYTES);
  const towards = DIRECTIONS[place.readUInt8(0)];
  const isOurs = timingSafeEqual(bytes.subarray(PLACE_BYTES), signatureOf(key, filter, place));
  if (!isOurs || towards === undefined) return null;
  return { towards, from: { created_at: Number(place.readBigInt64BE(1)), id: idOf(place.subarray(9)) } };
}

/** The position next to one, so that a walk the other way meets the one itself first. */
export function beside({ created_at, id }: ListPosition, towards: Cursor['towards']): ListPosition {
  const step = towards === 'older' ? -1n : 1n;
  const number = BigInt(`0x${id.replaceAll('-', '')}`) + step;
  const carry = Number(number >> 128n);
  const bytes = Buffer.from(BigInt.asUintN(128, number).toString(16).padStart(32, '0'), 'hex');
  return { created_at: created_at + carry, id: idOf(bytes) };
}

function signatureOf(key: Buffer, filter: ListFilter, place: Buffer): Buffer {
  const { status, channel, priority, batch_id, template_id, correlation_id } = filter;
  const { created_after, created_before } = filter;
  const bound = [
    status,
    channel,
    priority,
    batch_id,
    template_id,
    correlation_id,
    created_after,
    created_before,
  ];
  const digest = createHmac('sha256', key).update(place).update(JSON.stringify(bound)).digest();
  return digest.subarray(0, SIGNATURE_BYTES);
}

function idOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
