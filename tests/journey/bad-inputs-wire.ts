import { connect } from 'node:net';

/** What came back over a connection, until the server closed it. */
export type WireAnswer = {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
};

export type WireRequest = {
  /** Such as `POST /api/v1/notifications`. */
  line: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
};

/** No answer takes as long; what takes longer hangs. */
const HANGS_AFTER_MS = 20_000;

const PIECE_BYTES = 64 * 1024;

/** A request byte for byte: clients put right, or refuse to send, much of what a server must be ready for. */
export function wirePieces({ line, headers = {}, body = '' }: WireRequest): Buffer[] {
  const all = {
    host: '127.0.0.1',
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = Buffer.from(body);
  const count = Math.ceil(bytes.length / PIECE_BYTES);
  const pieces = Array.from({ length: count }, (_, i) =>
    bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES),
  );
  return [Buffer.from(`${line} HTTP/1.1\r\n${head.join('')}\r\n`), ...pieces];
}

/** Sends pieces of bytes until an answer comes, and reads to the end of the connection. */
export async function exchange(
  url: string,
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<WireAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  // Who is refused in the middle of a body is cut off while still writing.
  socket.on('error', () => {});
  socket.setTimeout(HANGS_AFTER_MS, () => socket.destroy());
  const ended = new Promise<void>((resolve) => socket.once('end', resolve).once('close', () => resolve()));
  for await (const piece of pieces) {
    if (socket.destroyed) break;
    if (received.length > 0) {
      socket.end();
      break;
    }
    if (!socket.write(piece))
      await Promise.race([ended, new Promise((resolve) => socket.once('drain', resolve))]);
  }
  await ended;
  socket.destroy();
  return parseAnswer(Buffer.concat(received));
}

function parseAnswer(bytes: Buffer): WireAnswer {
  const [head = '', ...rest] = bytes.toString().split('\r\n\r\n');
  const [statusLine = '', ...fields] = head.split('\r\n');
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine) ?? [];
  if (status === undefined) throw new Error(`no answer within ${HANGS_AFTER_MS} ms, but "${head}"`);
  const headers = Object.fromEntries(fields.map(headerOf));
  // After the answer to half a request node may complain of the other half.
  const length = Number(headers['content-length']);
  const body = Buffer.from(rest.join('\r\n\r\n')).subarray(0, length).toString();
  return { status: Number(status), headers, body };
}

function headerOf(field: string): [string, string] {
  const colon = field.indexOf(': ');
  return [field.slice(0, colon).toLowerCase(), field.slice(colon + 2)];
}
