import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type Network = Awaited<ReturnType<typeof openNetwork>>;

/** A way to Redis that can be cut, and frozen. */
export async function openNetwork(target: URL) {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => (isFrozen ? undefined : upstream.write(data)));
    upstream.on('data', (data) => (isFrozen ? undefined : client.write(data)));
  });
  const listenOn = async (port: number): Promise<number> => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  };
  const port = await listenOn(0);
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    cut,
    mend: () => listenOn(port),
    freeze: () => (isFrozen = true),
    thaw: () => {
      isFrozen = false;
      for (const socket of sockets) socket.destroy();
    },
    close: cut,
  };
}
