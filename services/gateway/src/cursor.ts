import { hash } from 'node:crypto';
import type { Interest, Place } from './told.ts';

/** What a cursor says: what is listened to, and up to where it has been told. */
export type Cursor = { interest: Interest; place: Omit<Place, 'log'> & { logMark: number } };

const FORMAT = 1;
const KINDS = ['all', 'notification_id', 'batch_id'] as const;
const UUID_BYTES = 16;
/** Many times what a topic of a hundred partitions needs. */
const TEXT_MAX = 4_096;

/**
 * Opaque to clients. It is not signed: a made-up one reads nothing that its maker may not listen to anyway, and what it
 * may cost is bounded where it is used.
 */
export function writeCursor(interest: Interest, { offsets, log, at }: Place): string {
  const ascending = [...offsets].toSorted(([a], [b]) => a - b);
  const id = interest.kind === 'all' ? '' : interest.id.replaceAll('-', '');
  return Buffer.concat([
    Buffer.from([FORMAT, KINDS.indexOf(interest.kind)]),
    Buffer.from(id, 'hex'),
    Buffer.from([markOf(log), Math.floor(at / 1_000), ...ascending.flat()].flatMap(varint)),
  ]).toString('base64url');
}

/** Null for what {@link writeCursor} cannot have written. */
export function readCursor(text: string): Cursor | null {
  if (text.length > TEXT_MAX) return null;
  const bytes = Buffer.from(text, 'base64url');
  const kind = KINDS[bytes[1] ?? -1];
  if (bytes[0] !== FORMAT || kind === undefined || bytes.toString('base64url') !== text) return null;
  const numbersAt = kind === 'all' ? 2 : 2 + UUID_BYTES;
  const numbers = bytes.length < numbersAt ? null : readVarints(bytes.subarray(numbersAt));
  if (numbers === null) return null;
  const [logMark, seconds, ...pairs] = numbers;
  const offsets = readOffsets(pairs);
  if (logMark === undefined || seconds === undefined || offsets === null) return null;
  const interest: Interest = kind === 'all' ? { kind } : { kind, id: uuidOf(bytes.subarray(2, numbersAt)) };
  return { interest, place: { offsets, logMark, at: seconds * 1_000 } };
}

/** Stands for the name of a log in a cursor. */
export function markOf(log: string): number {
  return log === '' ? 0 : hash('sha256', log, 'buffer').readUInt32BE();
}

function readOffsets(pairs: number[]): Map<number, number> | null {
  const offsets = new Map<number, number>();
  if (pairs.length % 2 !== 0) return null;
  for (let index = 0; index < pairs.length; index += 2) offsets.set(pairs[index] ?? 0, pairs[index + 1] ?? 0);
  return offsets.size === pairs.length / 2 ? offsets : null;
}

/** Seven bits a byte, the lowest first; all but the last byte of a number have the eighth. */
function varint(number: number): number[] {
  return number < 128 ? [number] : [(number % 128) + 128, ...varint(Math.floor(number / 128))];
}

function readVarints(bytes: Buffer): number[] | null {
  const numbers: number[] = [];
  let [value, weight] = [0, 1];
  for (const byte of bytes) {
    value += (byte % 128) * weight;
    if (!Number.isSafeInteger(value)) return null;
    weight *= 128;
    if (byte >= 128) continue;
    numbers.push(value);
    [value, weight] = [0, 1];
  }
  return weight === 1 ? numbers : null;
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
