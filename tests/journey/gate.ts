import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a TCP server that a test can shut. */
export type Gate = {
  port: number;
  /** Whoever comes is refused, and whoever is through is cut off. */
  shut: () => void;
  open: () => Promise<void>;
};

/** Opens a gate on a free port of this machine to a server on it. */
export async function openGate(target: { host: string; port: number }): Promise<Gate> {
  const through = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) cutWith(socket, through);
  });

  async function open(port = 0): Promise<number> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }

  function shut(): void {
    server.close();
    for (const socket of through) socket.destroy();
  }

  const port = await open();
  return { port, shut, open: async () => void (server.listening || (await open(port))) };
}

/** A connection cut off in the middle is what a gate is for; the other half of it ends by itself. */
function cutWith(socket: Socket, through: Set<Socket>): void {
  through.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => through.delete(socket));
}
