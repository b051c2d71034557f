import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { CommandFailed, UsageError } from './command.ts';

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

/** Opens a file; `-` is the standard input. It ends when the signal aborts, also while nothing comes. */
export async function openSource(path: string, input: Readable, signal: AbortSignal): Promise<Source> {
  if (path === '-') {
    const name = 'standard input';
    return { name, chunks: chunksOf(name, input, signal), share: () => null };
  }
  const file = await open(path).catch((error: unknown) => {
    throw new UsageError(unreadable(path, error));
  });
  const { size } = await file.stat();
  const stream = file.createReadStream({ highWaterMark: CHUNK_BYTES });
  const share = (): number | null => (size === 0 ? null : Math.min(1, stream.bytesRead / size));
  return { name: path, chunks: chunksOf(path, stream, signal), share };
}

async function* chunksOf(name: string, stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = (): void => {
    stream.destroy();
  };
  signal.addEventListener('abort', stop);
  try {
    const chunks: AsyncIterable<Buffer> = stream;
    yield* chunks;
  } catch (error) {
    if (!signal.aborted) throw new CommandFailed(unreadable(name, error));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function unreadable(name: string, error: unknown): string {
  const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return `${name} cannot be read (${why}).`;
}
