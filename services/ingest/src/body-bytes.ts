import type { Readable } from 'node:stream';
import { problem } from './problem.ts';

/**
 * The bytes of a body, of at most `bytesMax`. They are copied together as they come: kept as they are, chunks of one byte
 * take some 400 times as much memory, and a batch of them more than there is.
 * @throws ProblemError for a body that is too large, or ends before its end
 */
export function readBytes(payload: Readable, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    let length = 0;
    const take = (chunk: Buffer): void => {
      if (length + chunk.length > bytesMax) return refuse();
      bytes = withRoom(bytes, length, chunk.length);
      length += chunk.copy(bytes, length);
    };
    const refuse = (): void => {
      payload.off('data', take);
      reject(problem('payload-too-large'));
    };
    payload.on('data', take);
    payload.on('end', () => resolve(bytes.subarray(0, length)));
    payload.on('error', () => reject(problem('malformed-body', { detail: 'it breaks off' })));
  });
}

/** Twice as large each time, so that every byte is copied twice at most on average. */
function withRoom(bytes: Buffer, length: number, more: number): Buffer {
  if (length + more <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(length + more, 2 * bytes.length));
  bytes.copy(larger, 0, 0, length);
  return larger;
}
