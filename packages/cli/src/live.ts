import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '@fanfare/runtime';
import { unreachable } from './ask.ts';
import { converse, type Listener } from './live-socket.ts';

export type LiveOptions = {
  baseUrl: string;
  apiKey: string | null;
  /** Told when the connection is lost and when there is one again, once each. */
  tell: (text: string) => void;
  /** In [0, 1). */
  random: () => number;
};

/**
 * Listens to changes of status until the signal aborts, over one connection after the other.
 * @throws ApiError when there was no connection at first, or what was asked for is refused
 */
export type Follow = (listener: Listener, signal: AbortSignal) => Promise<void>;

const BACKOFF_BASE_MS = 250;
/** So long after a restart every client is back. */
const BACKOFF_CAP_MS = 10_000;

export function connectLive({ baseUrl, apiKey, tell, random }: LiveOptions): Follow {
  return async (listener, signal) => {
    let failures = 0;
    let isLost = false;
    const onOpen: Listener['onOpen'] = (ask) => {
      if (isLost) tell('Connected again.');
      isLost = false;
      listener.onOpen(ask);
    };
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const { isOpened, isHeard, why } = await converse({ baseUrl, apiKey }, { ...listener, onOpen }, signal);
      if (signal.aborted) return;
      if (isFirst && !isOpened) throw unreachable(baseUrl, why);
      if (!isLost) tell(`The connection is lost (${why}); connecting again.`);
      isLost = true;
      // One that opens and breaks off at once is no better than none.
      failures = isHeard ? 1 : failures + 1;
      await sleep(waitMs(failures, random()), undefined, { signal }).catch(() => {});
    }
  };
}

function waitMs(attempt: number, random: number): number {
  return backoffMs({ attempt, baseMs: BACKOFF_BASE_MS, capMs: BACKOFF_CAP_MS, random });
}
