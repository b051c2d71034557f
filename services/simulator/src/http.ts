import type { IncomingMessage, ServerResponse } from 'node:http';

/** Larger than the largest message the pipeline carries (256 kB), escaped in JSON. */
const BODY_BYTES_MAX = 2 * 1024 * 1024;

/** The body as JSON; undefined when it is none, or too large. Rejects when the request breaks off. */
export function readJson(request: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(bytes > BODY_BYTES_MAX ? undefined : parse(Buffer.concat(chunks, bytes))),
    );
    request.on('error', reject);
  });
}

export function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...headers,
  });
  response.end(bytes);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
