import { createServer, type Server } from 'node:http';
import { KEY_FRESH_MS } from '@fanfare/db';
import type { Health } from '@fanfare/runtime';
import { type WebSocket, WebSocketServer } from 'ws';
import { createKeyedSockets, type KeyedSocketsDeps } from './keyed-sockets.ts';
import { addressOf, createUpgrades, PATH, type UpgradeDeps } from './on-upgrade.ts';
import { pingPeers } from './ping.ts';
import { bytesOf } from './told.ts';

export type GatewayServerDeps = UpgradeDeps &
  KeyedSocketsDeps & {
    health: Health;
    /** In [0, 1). */
    random: () => number;
    /** How often revoked keys are looked for, as often as REST looks for them by default. */
    expelEveryMs?: number;
  };

export type GatewayServer = {
  port: number;
  /** Open sockets. */
  clients: () => number;
  /** Says goodbye to every client, and resolves when they have all gone; cuts them off when the signal aborts. */
  close: (signal: AbortSignal) => Promise<void>;
};

/** A frame larger than what is allowed is answered with an error; one larger than this closes the socket. */
const PAYLOAD_BYTES_MAX = 2 * 1024 * 1024;
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
    const isSocketPath = addressOf(request).pathname === PATH;
    response.writeHead(isSocketPath ? 426 : 404, isSocketPath ? { upgrade: 'websocket' } : {}).end();
  });
  const keyed = createKeyedSockets(deps);
  const expelling = setInterval(() => void keyed.expel(), deps.expelEveryMs ?? KEY_FRESH_MS);
  const onUpgrade = createUpgrades(deps, sockets, keyed);
  server.on('upgrade', (request, socket, head) => void onUpgrade(request, socket, head));
  const stopPinging = pingPeers(sockets.clients);
  const port = await listen(server, address);
  return {
    port,
    clients: () => sockets.clients.size,
    close: async (signal) => {
      clearInterval(expelling);
      stopPinging();
      server.close();
      server.closeIdleConnections();
      // Refuses who is being looked up; those who are in stay until they are told.
      sockets.close();
      await Promise.all(Array.from(sockets.clients, (socket) => sayGoodbye(socket, deps, signal)));
    },
  };
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
/** So that those who lose one process do not come to the others all at once. */
const RECONNECT_WITHIN_MS = 5_000;

function sayGoodbye(
  socket: WebSocket,
  { random }: Pick<GatewayServerDeps, 'random'>,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const cut = (): void => socket.terminate();
    const timer = setTimeout(cut, GOODBYE_MS);
    signal.addEventListener('abort', cut);
    socket.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cut);
      resolve();
    });
    const reconnect_in_ms = Math.round(random() * RECONNECT_WITHIN_MS);
    socket.send(bytesOf({ reconnect_in_ms }), { binary: false }, () => undefined);
    socket.close(GOING_AWAY, 'the gateway stops; connect again');
  });
}
