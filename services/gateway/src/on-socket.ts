import type { WebSocket } from 'ws';
import { createListener, type Hub, leave } from './hub.ts';
import { type ClientFrameDeps, onClientFrame } from './on-client-frame.ts';
import { createOutlet } from './outlet.ts';

export type SocketDeps = Omit<ClientFrameDeps, 'refuse'> & { hub: Hub; stuckMs?: number };

/** A client that takes nothing for this long, with data waiting for it, is gone or hopeless. */
const STUCK_MS = 10_000;

/** The life of one client's socket. */
export function onSocket(deps: SocketDeps, socket: WebSocket): void {
  const outlet = createOutlet(wireOf(socket), { stuckMs: deps.stuckMs ?? STUCK_MS });
  const listener = createListener((update) => outlet.send(update.notification_id, update));
  const frameDeps: ClientFrameDeps = {
    ...deps,
    refuse: (refusal) =>
      outlet.send(`error:${refusal.notification_id ?? refusal.batch_id ?? ''}`, { error: refusal }),
  };
  socket.on('message', (data: Buffer) => void onClientFrame(frameDeps, listener, data));
  socket.once('close', () => {
    outlet.close();
    leave(deps.hub, listener);
  });
  // The library closes the socket with the fitting code; there is nothing to add.
  socket.on('error', () => undefined);
}

function wireOf(socket: WebSocket) {
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (text: string, onWritten: () => void) => socket.send(text, onWritten),
    close: (code: number, reason: string) => socket.close(code, reason),
  };
}
