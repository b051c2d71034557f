import type { WebSocket } from 'ws';
import { resumeFrame } from './client-frame.ts';
import { createListener, leave, type Load } from './hub.ts';
import { carryOut, type ClientFrameDeps, onClientFrame } from './on-client-frame.ts';
import { createOutlet, type Wire } from './outlet.ts';
import type { Backlog } from './shelf.ts';

export type SocketDeps = ClientFrameDeps & { backlog: Backlog; load: Load; stuckMs?: number };

/** What the address of a client asks for. */
export type SocketRequest = { cursor: string | null };

/** A client that takes nothing for this long, with data waiting for it, is gone or hopeless. */
const STUCK_MS = 10_000;

/** The life of one client's socket. */
export function onSocket(deps: SocketDeps, socket: WebSocket, { cursor }: SocketRequest): void {
  const end = (): void => {
    outlet.close();
    leave(deps.hub, listener);
  };
  const outlet = createOutlet(wireOf(socket, end), {
    stuckMs: deps.stuckMs ?? STUCK_MS,
    backlog: deps.backlog,
  });
  const listener = createListener(outlet, deps.load);
  socket.on('message', (data: Buffer) => void onClientFrame(deps, listener, data));
  socket.once('close', end);
  // The library closes the socket with the fitting code; there is nothing to add.
  socket.on('error', () => undefined);
  if (cursor !== null) void carryOut(deps, listener, resumeFrame(cursor));
}

function wireOf(socket: WebSocket, end: () => void): Wire {
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (frame, onWritten) => socket.send(frame, TEXT, onWritten),
    close: (code, reason) => {
      end();
      // The library cuts off a client that takes no goodbye either, after 30 s.
      socket.close(code, reason);
    },
  };
}

/** A frame that is bytes already, once for many sockets. */
const TEXT = { binary: false };
