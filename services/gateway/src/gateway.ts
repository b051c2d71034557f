import type { LogPage, LogPosition } from '@fanfare/db';
import { type RedisHandle, STATUS_CHANNELS } from '@fanfare/redis';
import { grouped, type Logger, unlessStopped, untilDone } from '@fanfare/runtime';
import { dispatch, type Hub } from './hub.ts';
import { beginAnew } from './on-client-frame.ts';
import { onSocket, type SocketDeps } from './on-socket.ts';
import { type GatewayServerDeps, startServer } from './server.ts';
import { createStates, type States, type StatesDeps } from './states.ts';
import { createStatusFeed, type StatusFeed } from './status-feed.ts';
import type { Interest } from './told.ts';

export type GatewayOptions = StatesDeps &
  Omit<GatewayServerDeps, 'onSocket' | 'random'> & {
    /** @param limit events of each partition at most */
    readLog: (page: { scope: Interest; after: LogPosition; limit: number }) => Promise<LogPage>;
    redis: Pick<RedisHandle, 'subscribe'>;
    log: Logger;
    host: string;
    port: number;
    onFatal: (error: unknown) => void;
    /** How long a client may take nothing of what waits for it, 10 s by default. */
    stuckMs?: number;
  };

export type Gateway = {
  port: number;
  /** Open sockets. */
  clients: () => number;
  /** Notifications and batches that somebody listens to, and one more for everything. */
  subscribedIds: () => number;
  stop: (signal: AbortSignal) => Promise<void>;
};

const SILENCE_CHECK_MS = 1_000;
/** A page is at most this often the number of partitions: under a megabyte. */
const PAGE_EVENTS = 200;
/** Clients that come back together take turns; what is left of the connections serves the others. */
const REPLAYS_IN_FLIGHT_MAX = 2;
const WAITING_REPLAYS_MAX = 20_000;
const FROM_NOW: LogPosition = new Map();

/** Clients on one side, Postgres for what is and what was and Redis for what changes on the other. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { redis, log } = options;
  const stopping = new AbortController();
  const hub: Hub = new Map();
  const states = createStates(options);
  const feed = openFeed(options, { hub, states, signal: stopping.signal });
  redis.subscribe({ pattern: STATUS_CHANNELS, onMessage: feed.onMessage, onSubscribed: feed.onSubscribed });
  const silenceCheck = setInterval(feed.checkSilence, SILENCE_CHECK_MS);
  const socketDeps: SocketDeps = {
    hub,
    backlog: { bytes: 0 },
    load: { subscriptions: 0 },
    readStates: states.read,
    readLog: pagesOf(options),
    place: feed.place,
    epochMs: Date.now,
    onError: (error: unknown) => log.warn('a state could not be read for a client', { error }),
    ...(options.stuckMs === undefined ? {} : { stuckMs: options.stuckMs }),
  };
  const server = await startServer(
    {
      ...options,
      random: Math.random,
      onSocket: (socket, request) => onSocket(socketDeps, socket, request),
    },
    options,
  );
  return {
    port: server.port,
    clients: server.clients,
    subscribedIds: () => hub.size,
    stop: async (signal) => {
      clearInterval(silenceCheck);
      stopping.abort();
      await server.close(signal);
    },
  };
}

function openFeed(
  { readLog, log, onFatal }: GatewayOptions,
  { hub, states, signal }: { hub: Hub; states: States; signal: AbortSignal },
): StatusFeed {
  const persist = <T>(what: string, step: () => Promise<T>) => untilDone(step, { what, log, signal });
  const stopOrFail = (stopped: Promise<unknown>) => void stopped.catch(unlessStopped).catch(onFatal);
  return createStatusFeed({
    read: (after) =>
      persist('reading the status log', () =>
        readLog({
          scope: { kind: 'all' },
          after: after ?? FROM_NOW,
          limit: after === null ? 0 : PAGE_EVENTS,
        }),
      ),
    onChange: (change) => dispatch(hub, change),
    onRestart: (place) => {
      log.warn('the status log was made anew or set back, and clients begin anew', { log: place.log });
      beginAnew(hub, place);
      stopOrFail(persist('reading states again', () => states.readAgain(hub)));
    },
    onEnd: stopOrFail,
    now: () => performance.now(),
    epochMs: Date.now,
  });
}

/** Pages for clients that resume. */
function pagesOf({ readLog }: GatewayOptions): SocketDeps['readLog'] {
  const read = grouped<{ scope: Interest; after: LogPosition }, LogPage>({
    run: (pages) => Promise.all(pages.map((page) => readLog({ ...page, limit: PAGE_EVENTS }))),
    sizeMax: 1,
    inFlightMax: REPLAYS_IN_FLIGHT_MAX,
    queueMax: WAITING_REPLAYS_MAX,
  });
  return (scope, after) => read({ scope, after });
}
