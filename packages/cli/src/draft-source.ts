import { open } from 'node:fs/promises';
import { UsageError } from './command.ts';

/** Where notifications are read from. */
export type Source = {
  /** For people. */
  name: string;
  chunks: AsyncIterable<Buffer>;
  /** How much of it has been read, from 0 to 1; null where nobody knows how long it is. */
  share: () => number | null;
};

/** Less than a batch, for what is read ahead counts as done. */
const CHUNK_BYTES = 16 * 1024;

/** Opens a file; `-` is the standard input. */
export async function openSource(path: string, input: AsyncIterable<Buffer>): Promise<Source> {
  if (path === '-') return { name: 'standard input', chunks: input, share: () => null };
  try {
    const file = await open(path);
    const { size } = await file.stat();
    const stream = file.createReadStream({ highWaterMark: CHUNK_BYTES });
    const chunks: AsyncIterable<Buffer> = stream;
    return { name: path, chunks, share: () => (size === 0 ? null : Math.min(1, stream.bytesRead / size)) };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new UsageError(`${path} cannot be read (${String(error.code)}).`);
  }
}
