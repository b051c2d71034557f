import type { Readable } from 'node:stream';
import { problem, type ProblemError, unavailable } from './problem.ts';

/** What the bodies that are coming in may take in memory, all together. */
export type Room = { bytesLeft: number };

/**
 * The bytes of a body, of at most `bytesMax`. They are copied together as they come: kept as they are, chunks of one byte
 * take some 400 times as much memory, and a batch of them more than there is.
 * @throws ProblemError for a body that is too large, finds no room, or ends before its end
 */
export function readBytes(payload: Readable, bytesMax: number, room: Room): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  let length = 0;
  const read = new Promise<Buffer>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      if (length + chunk.length > bytesMax) return refuse(problem('payload-too-large'));
      const larger = withRoom(bytes, length, chunk.length);
      room.bytesLeft -= larger.length - bytes.length;
      bytes = larger;
      if (room.bytesLeft < 0)
        return refuse(unavailable('too many bodies are coming in; nothing was accepted'));
      length += chunk.copy(bytes, length);
    };
    const refuse = (refusal: ProblemError): void => {
      payload.off('data', take);
      reject(refusal);
    };
    payload.on('data', take);
    payload.on('end', () => resolve(bytes.subarray(0, length)));
    payload.on('error', () => reject(problem('malformed-body', { detail: 'it breaks off' })));
  });
  return read.finally(() => (room.bytesLeft += bytes.length));
}

/** Twice as large each time, so that every byte is copied twice at most on average. */
function withRoom(bytes: Buffer, length: number, more: number): Buffer {
  if (length + more <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(length + more, 2 * bytes.length));
  bytes.copy(larger, 0, 0, length);
  return larger;
}
