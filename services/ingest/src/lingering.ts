import type { IncomingMessage } from 'node:http';

/** Whoever sends more, or goes on for longer, is cut off, and may not learn why. */
const BYTES_MAX = 64 * 1024 * 1024;
const MS_MAX = 2_000;

/**
 * An answer to a request that is still being sent. It goes out at once, but the connection stays open while the rest
 * comes in and is thrown away: closing it would take the answer back from a client that has not read it yet.
 */
export async function* lingering(answer: string, request: IncomingMessage): AsyncGenerator<string> {
  yield answer;
  await drained(request);
}

function drained(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, MS_MAX);
    let bytes = 0;
    request.on('data', ({ length }: Buffer) => {
      bytes += length;
      if (bytes > BYTES_MAX) resolve();
    });
    request.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    request.resume();
  });
}
