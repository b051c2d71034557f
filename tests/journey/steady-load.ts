import { setTimeout as sleep } from 'node:timers/promises';

export type SteadyLoad = {
  /** What was accepted so far, in no particular order. */
  accepted: Accepted[];
  /** Resolves when everything that was sent is answered. Rejects when something was not accepted. */
  stop: () => Promise<void>;
};

export type Accepted = { id: string; channel: string; acceptedAtMs: number };

/** Sends so many notifications a second by REST, evenly, until it is stopped. */
export function startLoad(
  apiUrl: string,
  perSecond: number,
  bodyOf: (index: number) => { channel: string },
): SteadyLoad {
  const accepted: Accepted[] = [];
  const sending: Promise<void>[] = [];
  let isOver = false;

  async function sendOne(body: { channel: string }): Promise<void> {
    const id = await send(apiUrl, body);
    accepted.push({ id, channel: body.channel, acceptedAtMs: Date.now() });
  }

  async function keepSending(): Promise<void> {
    const startedAt = performance.now();
    for (let index = 0; ; index += 1) {
      if (isOver) return;
      const dueInMs = startedAt + (index * 1_000) / perSecond - performance.now();
      if (dueInMs > 0) await sleep(dueInMs);
      const one = sendOne(bodyOf(index));
      // Its failure is told by `stop`.
      one.catch(() => {});
      sending.push(one);
    }
  }

  const keeping = keepSending();
  return {
    accepted,
    stop: async () => {
      isOver = true;
      await keeping;
      await Promise.all(sending);
    },
  };
}

/** Returns the id of the notification. */
export async function send(apiUrl: string, body: object): Promise<string> {
  const response = await fetch(new URL('/api/v1/notifications', apiUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 202)
    throw new Error(`it was answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}
