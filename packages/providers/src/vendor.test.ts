import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Provider } from './provider.ts';

/** Vendors for the tests: real servers on this machine. */

export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;
type Received = {
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  path: string;
  body: Buffer;
};
type Vendor = { url: string; requests: Received[]; connections: () => number };

/** Runs a vendor that answers so, and remembers what it got. */
export async function vending<R>(answer: Answer, use: (vendor: Vendor) => Promise<R>): Promise<R> {
  const requests: Received[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void receive(request).then((received) => {
      requests.push(received);
      return answer(request, response);
    });
  });
  server.on('connection', () => (connections += 1)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await use({ url: `http://127.0.0.1:${port}/`, requests, connections: () => connections });
  } finally {
    server.closeAllConnections();
    await closed(server);
  }
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { headers, rawHeaders, url: path = '' } = request;
  return { headers, rawHeaders, path, body: Buffer.concat(chunks) };
}

/** Closes the provider, whatever happens. */
export async function using<R>(provider: Provider, use: (provider: Provider) => Promise<R>): Promise<R> {
  try {
    return await use(provider);
  } finally {
    await provider.close();
  }
}

/** A vendor that speaks no HTTP. */
export async function listening(onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return closed(server);
  };
  return { port, close };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A port where nobody listens. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await closed(server);
  return port;
}
