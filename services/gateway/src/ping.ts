import type { WebSocket } from 'ws';

const PING_EVERY_MS = 30_000;

/** Drops every client that has not answered one ping when the next is due. Returns what ends the pinging. */
export function pingPeers(sockets: ReadonlySet<WebSocket>, everyMs = PING_EVERY_MS): () => void {
  const unanswered = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const socket of sockets) {
      if (unanswered.has(socket)) {
        socket.terminate();
        continue;
      }
      unanswered.add(socket);
      socket.once('pong', () => unanswered.delete(socket));
      socket.ping();
    }
  }, everyMs);
  return () => clearInterval(timer);
}
