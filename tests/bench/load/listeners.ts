import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { epochOffsetMs } from './epoch.ts';

/** A state of a notification as a client was told it; the first one is the answer to its subscription. */
export type Heard = { id: string; version: number; /** In milliseconds since 1970. */ at: number };

/** Clients that listen over sockets of their own. */
export type Listeners = {
  subscribe: (socket: number, id: string) => void;
  /** Resolves with all that was heard when that of so many notifications has come to an end, or the time is over. */
  heard: (notifications: number, limitMs: number) => Promise<Heard[]>;
};

type Frame = { notification_id: string; status: string; version: number } | { error: { detail: string } };

const ENDS = new Set(['delivered', 'failed', 'expired', 'cancelled']);
/** Few enough that none is refused because too many wait to be let in. */
const OPENING_MAX = 100;
const LOOK_EVERY_MS = 50;

/** @throws when a socket cannot be opened */
export async function openListeners(port: number, count: number): Promise<Listeners> {
  const epoch = epochOffsetMs();
  const all: Heard[] = [];
  const ended = new Set<string>();
  const errors: string[] = [];
  const sockets: WebSocket[] = [];

  function onMessage(data: Buffer): void {
    const at = epoch + performance.now();
    const frame = JSON.parse(data.toString()) as Frame;
    if ('error' in frame) return void errors.push(frame.error.detail);
    const { notification_id: id, version, status } = frame;
    all.push({ id, version, at });
    if (ENDS.has(status)) ended.add(id);
  }

  async function open(index: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws/notifications`, {
      perMessageDeflate: false,
    });
    socket.on('message', onMessage);
    await once(socket, 'open');
    socket.on('close', (code) => errors.push(`a socket was closed with ${code}`));
    sockets[index] = socket;
  }

  for (let index = 0; index < count; index += OPENING_MAX)
    await Promise.all(
      Array.from({ length: Math.min(OPENING_MAX, count - index) }, (_, next) => open(index + next)),
    );

  return {
    subscribe: (socket, id) =>
      sockets[socket % count]?.send(JSON.stringify({ action: 'subscribe', notification_id: id })),
    heard: async (notifications, limitMs) => {
      const giveUpAt = performance.now() + limitMs;
      while (ended.size < notifications && performance.now() < giveUpAt) await sleep(LOOK_EVERY_MS);
      if (errors.length > 0) throw new Error(`${errors.length} times a client met an error: ${errors[0]}`);
      return all;
    },
  };
}
