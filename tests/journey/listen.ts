import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocket } from 'ws';

/** A frame about a notification, as a listener gets it. */
export type Heard = { notification_id: string; status: string; version: number; attempt: number };

/** A client of the WebSocket, on the port that REST has. */
export type Listener = {
  /** Asks until the notification is known: whoever chose the id may ask before Kafka brought it. */
  subscribe: (interest: { notification_id: string } | { batch_id: string }) => void;
  heard: (id: string) => Heard[];
  close: () => Promise<void>;
};

const ASK_AGAIN_MS = 100;

export async function listen(apiUrl: string): Promise<Listener> {
  const socket = new WebSocket(new URL('/api/v1/ws/notifications', apiUrl.replace(/^http/, 'ws')));
  const frames = new Map<string, Heard[]>();
  const subscribe: Listener['subscribe'] = (interest) =>
    socket.send(JSON.stringify({ action: 'subscribe', ...interest }));
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Heard & { error?: { notification_id?: string } };
    const unknown = frame.error?.notification_id;
    if (unknown !== undefined) setTimeout(subscribe, ASK_AGAIN_MS, { notification_id: unknown });
    else frames.set(frame.notification_id, [...(frames.get(frame.notification_id) ?? []), frame]);
  });
  await once(socket, 'open');
  return {
    subscribe,
    heard: (id) => frames.get(id) ?? [],
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** What every listener may count on: versions only grow, and the end is told once. */
export function expectStory(heard: readonly Heard[], end: string): void {
  const versions = heard.map(({ version }) => version);
  expect(versions, 'versions heard').to.deep.equal([...new Set(versions)].toSorted((a, b) => a - b));
  expect(heard.at(-1)?.status, 'the last status heard').to.equal(end);
}
