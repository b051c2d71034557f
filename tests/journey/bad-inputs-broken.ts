import { setTimeout as sleep } from 'node:timers/promises';
import { recipientFor } from './recipients.ts';

/** Bytes that are no request, or none that comes to its end. */
export type BrokenRequest = {
  what: string;
  bytes: () => Iterable<Buffer> | AsyncIterable<Buffer>;
  status: number;
  /** Null where the answer is not ours but node's. */
  type: string | null;
};

const HOST = 'Host: 127.0.0.1\r\nConnection: close\r\n';
const CREATE = `POST /api/v1/notifications HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const GOOD = JSON.stringify({ channel: 'sms', recipient: recipientFor('sms', 80), content: 'Merhaba' });

function text(bytes: string): () => Buffer[] {
  return () => [Buffer.from(bytes)];
}

/** Chunks without end, for whoever reads on. */
function* endless(chunkBytes: number): Generator<Buffer> {
  yield Buffer.from(`${CREATE}Transfer-Encoding: chunked\r\n\r\n`);
  const chunk = `${chunkBytes.toString(16)}\r\n${' '.repeat(chunkBytes)}\r\n`;
  const many = Buffer.from(chunk.repeat(Math.ceil(65_536 / chunk.length)));
  for (;;) yield many;
}

/** A byte at a time: longer than any request may take, and not for ever if nobody ends it. */
async function* slowly(head: string, byte: string): AsyncGenerator<Buffer> {
  yield Buffer.from(head);
  for (let count = 0; count < 150; count += 1) {
    await sleep(100);
    yield Buffer.from(byte);
  }
}

export const brokenRequests: BrokenRequest[] = [
  {
    what: 'chunks beyond the limit, and no end of them',
    bytes: () => endless(65_536),
    status: 413,
    type: 'payload-too-large',
  },
  {
    what: 'small chunks beyond the limit',
    bytes: () => endless(64),
    status: 413,
    type: 'payload-too-large',
  },
  {
    what: 'a body that comes a byte at a time',
    bytes: () => slowly(`${CREATE}Content-Length: 100000\r\n\r\n`, ' '),
    status: 408,
    type: 'request-timeout',
  },
  {
    what: 'a header that comes a byte at a time',
    bytes: () => slowly(`${CREATE}X-Slow: `, 'a'),
    status: 408,
    type: 'request-timeout',
  },
  {
    what: 'a chunk whose size is no number',
    bytes: text(`${CREATE}Transfer-Encoding: chunked\r\n\r\nzz\r\n${GOOD}\r\n0\r\n\r\n`),
    status: 400,
    type: 'malformed-request',
  },
  {
    what: 'a length and chunks',
    bytes: text(`${CREATE}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    status: 400,
    type: 'malformed-request',
  },
  {
    what: 'two lengths',
    bytes: text(`${CREATE}Content-Length: ${GOOD.length}\r\nContent-Length: 2\r\n\r\n${GOOD}`),
    status: 400,
    type: 'malformed-request',
  },
  {
    what: 'a length that is no number',
    bytes: text(`${CREATE}Content-Length: 1e2\r\n\r\n${GOOD}`),
    status: 400,
    type: 'malformed-request',
  },
  {
    what: 'a length below none',
    bytes: text(`${CREATE}Content-Length: -1\r\n\r\n${GOOD}`),
    status: 400,
    type: 'malformed-request',
  },
  { what: 'no HTTP', bytes: text('hello\r\n\r\n'), status: 400, type: 'malformed-request' },
  {
    what: 'TLS',
    bytes: () => [Buffer.from('16030100f50100', 'hex')],
    status: 400,
    type: 'malformed-request',
  },
  {
    what: 'a method that nobody has heard of',
    bytes: text(`FETCH /api/v1/notifications HTTP/1.1\r\n${HOST}\r\n`),
    status: 400,
    type: 'malformed-request',
  },
  {
    what: 'a header with NUL',
    bytes: text(`GET /api/v1/notifications HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`),
    status: 400,
    type: 'malformed-request',
  },
  {
    what: 'a header that goes on in the next line',
    bytes: text(`GET /api/v1/notifications HTTP/1.1\r\n${HOST}X-A: a\r\n b: c\r\n\r\n`),
    status: 400,
    type: 'malformed-request',
  },
  {
    what: 'a space in a path',
    bytes: text(`GET /api/v1/notifications/a b HTTP/1.1\r\n${HOST}\r\n`),
    status: 400,
    type: 'malformed-request',
  },
  {
    what: 'no host',
    bytes: text('GET /api/v1/notifications HTTP/1.1\r\nConnection: close\r\n\r\n'),
    status: 400,
    type: null,
  },
  {
    what: 'headers of 100 kB',
    bytes: text(`GET /api/v1/notifications HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(100_000)}\r\n\r\n`),
    status: 431,
    type: 'headers-too-large',
  },
  {
    what: 'a path of 100 kB',
    bytes: text(`GET /api/v1/notifications?cursor=${'a'.repeat(100_000)} HTTP/1.1\r\n${HOST}\r\n`),
    status: 431,
    type: 'headers-too-large',
  },
];
