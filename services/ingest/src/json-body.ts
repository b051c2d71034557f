import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBytes } from './body-bytes.ts';
import { problem } from './problem.ts';

/** A dozen of the largest batches, or a hundred thousand of the usual body. */
const INCOMING_BYTES_MAX = 256 * 1024 * 1024;

/** Any other media type is refused. */
export function acceptJsonOnly(app: FastifyInstance): void {
  const room = { bytesLeft: INCOMING_BYTES_MAX };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: Readable) =>
    parse(await readBytes(payload, sizeMaxOf(request), room)),
  );
}

function sizeMaxOf({ headers, routeOptions: { bodyLimit } }: FastifyRequest): number {
  if (Number(headers['content-length']) > bodyLimit) throw problem('payload-too-large');
  return bodyLimit;
}

/**
 * Clients announce JSON and send nothing where nothing is needed, as for a cancel. Of two members of one name JSON.parse
 * takes the last.
 */
function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    if (!isUtf8(bytes)) throw new SyntaxError('it is not UTF-8');
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw problem('malformed-body', { detail: error instanceof Error ? error.message : String(error) });
  }
}
