import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Provider } from './provider.ts';

/** Vendors for the tests: real servers on this machine, each in the words of its protocol. */

/** What a vendor does with a message that it has read. */
export type Answer =
  | { kind: 'accept' }
  /** Says yes, but not as its manual says. */
  | { kind: 'accept oddly' }
  | { kind: 'reject' | 'be unavailable'; words?: string }
  /** `retryAfter` only where the protocol has it. */
  | { kind: 'throttle'; retryAfter?: string }
  | { kind: 'say nothing' | 'reset' | 'hang up' }
  /** Accepts, and closes the connection at once. */
  | { kind: 'accept and hang up' }
  | { kind: 'answer in another language' }
  /** An answer without an end. `onSent` is told of every part of it. */
  | { kind: 'flood'; onSent: (bytes: number) => void };

/** A message as a vendor got it. */
export type Received = { to: string; content: string; idempotencyKey: string; correlationId: string };

export type Vendor = {
  url: string;
  received: Received[];
  /** How many there have been. */
  connections: () => number;
};

export type Making = { url: string; timeoutMs: number; connections: number; monotonicMs?: () => number };

/** What the conformance suite needs to know of a provider and of what its vendor speaks. */
export type Protocol = {
  make: (options: Making) => Provider;
  start: (answer: (received: Received) => Answer | Promise<Answer>) => Promise<Vendor>;
  url: (where: string) => string;
  /** The URL for TLS from the first byte. */
  secureUrl: (where: string) => string;
  /** The same URL with somebody who signs in. */
  signedIn: (url: string, user: string, password: string) => string;
  /** Who is sent to, over this protocol. */
  to: string;
  /** How the vendor sees the key. */
  keyOf: (idempotencyKey: string) => string;
  /** Whether a throttled answer may say how long, in seconds or as a date. */
  hasRetryAfter: boolean;
};

const running: (() => Promise<void>)[] = [];

/** Told how a server is closed, which happens after the test, however that ends. */
export function closing(close: () => Promise<void>): void {
  running.push(close);
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((close) => close()));
});

/** Closes the provider, whatever happens. */
export async function using<R>(provider: Provider, use: (provider: Provider) => Promise<R>): Promise<R> {
  try {
    return await use(provider);
  } finally {
    await provider.close();
  }
}

/** A vendor that speaks no protocol of ours; returns where it listens. */
export async function listening(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onSocket(socket);
  });
  const where = await listen(server);
  closing(() => {
    for (const socket of sockets) socket.destroy();
    return closed(server);
  });
  return where;
}

/** Listens at a free port of this machine; returns `127.0.0.1:<port>`. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A port where nobody listens. */
export async function freePort(): Promise<string> {
  const server = createServer();
  const where = await listen(server);
  await closed(server);
  return where.replace(/.*:/, '');
}

/** Sends without an end, as fast as the other side reads. */
export function flood(socket: Socket, line: string, onSent: (bytes: number) => void): void {
  const part = line.repeat(1_024);
  const more = () => {
    while (!socket.destroyed && socket.write(part)) onSent(part.length);
  };
  socket.on('drain', more);
  more();
}
