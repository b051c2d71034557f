import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A state as a listener is told it. */
export type LiveState = { notification_id: string; batch_id: string | null; status: string; version: number };

/** A client of the WebSocket that comes back where it broke off. */
export type LiveClient = {
  /** What was told, in the order of its coming. */
  states: LiveState[];
  /** It has been told where it stands, and may drop. */
  hasCursor: () => boolean;
  /** How often it was told to begin anew. */
  resyncs: () => number;
  send: (frame: object) => void;
  /** Loses the connection as a network does, and goes on over another one. */
  drop: () => Promise<void>;
  close: () => void;
};

type Frame = Partial<LiveState> & { cursor?: string; resync?: true; error?: { detail: string } };

export async function connectLive(apiUrl: string): Promise<LiveClient> {
  const states: LiveState[] = [];
  let [resyncs, cursor] = [0, ''];
  const onMessage = (data: Buffer): void => {
    const frame = JSON.parse(data.toString()) as Frame;
    if (frame.error !== undefined) throw new Error(frame.error.detail);
    if (frame.resync === true) resyncs += 1;
    cursor = frame.cursor ?? cursor;
    if (frame.notification_id !== undefined) states.push(frame as LiveState);
  };
  let socket = await open(apiUrl, onMessage);
  return {
    states,
    hasCursor: () => cursor !== '',
    resyncs: () => resyncs,
    send: (frame) => socket.send(JSON.stringify(frame)),
    drop: async () => {
      socket.terminate();
      await once(socket, 'close');
      socket = await open(apiUrl, onMessage, `?cursor=${cursor}`);
    },
    close: () => socket.terminate(),
  };
}

async function open(apiUrl: string, onMessage: (data: Buffer) => void, query = ''): Promise<WebSocket> {
  const socket = new WebSocket(new URL(`/api/v1/ws/notifications${query}`, apiUrl.replace(/^http/, 'ws')));
  socket.on('message', onMessage);
  await once(socket, 'open');
  return socket;
}

/** The versions of each notification that a client was told, in the order of their coming. */
export function versionsOf(states: readonly LiveState[]): Map<string, number[]> {
  const versions = new Map<string, number[]>();
  for (const { notification_id, version } of states) {
    const known = versions.get(notification_id) ?? [];
    known.push(version);
    versions.set(notification_id, known);
  }
  return versions;
}
