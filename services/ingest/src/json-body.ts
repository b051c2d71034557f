import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBytes } from './body-bytes.ts';
import { problem } from './problem.ts';

/** Any other media type is refused. */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', readJson);
}

async function readJson({ headers, routeOptions }: FastifyRequest, payload: Readable): Promise<unknown> {
  const { bodyLimit } = routeOptions;
  if (Number(headers['content-length']) > bodyLimit) throw problem('payload-too-large');
  return parse(await readBytes(payload, bodyLimit));
}

/** Of two members of one name JSON.parse takes the last. */
function parse(bytes: Buffer): unknown {
  try {
    if (!isUtf8(bytes)) throw new SyntaxError('it is not UTF-8');
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw problem('malformed-body', { detail: error instanceof Error ? error.message : String(error) });
  }
}
