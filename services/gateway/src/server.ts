import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Health } from '@fanfare/runtime';
import { type WebSocket, WebSocketServer } from 'ws';
import type { SocketRequest } from './on-socket.ts';
import { pingPeers } from './ping.ts';

export type GatewayServerDeps = {
  health: Health;
  onSocket: (socket: WebSocket, request: SocketRequest) => void;
};

export type GatewayServer = {
  port: number;
  /** Open sockets. */
  clients: () => number;
  /** Says goodbye to every client, and resolves when they have all gone; cuts them off when the signal aborts. */
  close: (signal: AbortSignal) => Promise<void>;
};

const PATH = '/api/v1/ws/notifications';
/** A frame larger than what is allowed is answered with an error; one larger than this closes the socket. */
const PAYLOAD_BYTES_MAX = 2 * 1024 * 1024;
const SOCKETS_MAX = 10_000;
const GOING_AWAY = 1001;

/** The WebSocket, and health and metrics beside it on the same port. */
export async function startServer(
  deps: GatewayServerDeps,
  address: { host: string; port: number },
): Promise<GatewayServer> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: PAYLOAD_BYTES_MAX,
    perMessageDeflate: false,
  });
  const server = createServer((request, response) => {
    if (deps.health.handle(request, response)) return;
    const isSocketPath = pathOf(request) === PATH;
    response.writeHead(isSocketPath ? 426 : 404, isSocketPath ? { upgrade: 'websocket' } : {}).end();
  });
  server.on('upgrade', (request, socket, head) => {
    const refusal = refusalOf(request, sockets);
    if (refusal !== null) return refuse(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (opened) => deps.onSocket(opened, readRequest(request)));
  });
  const stopPinging = pingPeers(sockets.clients);
  const port = await listen(server, address);
  return {
    port,
    clients: () => sockets.clients.size,
    close: async (signal) => {
      stopPinging();
      server.close();
      server.closeIdleConnections();
      await Promise.all(Array.from(sockets.clients, (socket) => sayGoodbye(socket, signal)));
    },
  };
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

function readRequest({ url = '' }: IncomingMessage): SocketRequest {
  const { searchParams } = new URL(url, 'ws://gateway');
  return { cursor: searchParams.get('cursor') };
}

function refusalOf(request: IncomingMessage, { clients }: WebSocketServer): string | null {
  if (pathOf(request) !== PATH) return '404 Not Found';
  return clients.size >= SOCKETS_MAX ? '503 Service Unavailable' : null;
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

/** A client that does not answer the goodbye must not hold up the stop. */
const GOODBYE_MS = 2_000;

function sayGoodbye(socket: WebSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), GOODBYE_MS);
    signal.addEventListener('abort', () => socket.terminate());
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.close(GOING_AWAY, 'the gateway stops; connect again');
  });
}
