import { type RedisHandle, STATUS_CHANNELS } from '@fanfare/redis';
import { grouped, type Health, type Logger, Stopped, untilDone } from '@fanfare/runtime';
import { createHub, dispatch } from './hub.ts';
import { onSocket } from './on-socket.ts';
import { startServer } from './server.ts';
import { createStates, type StatesDeps } from './states.ts';
import { createStatusFeed } from './status-feed.ts';

export type GatewayOptions = StatesDeps & {
  redis: Pick<RedisHandle, 'subscribe'>;
  health: Health;
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
  /** Notifications and batches that somebody listens to. */
  subscribedIds: () => number;
  stop: (signal: AbortSignal) => Promise<void>;
};

const SILENCE_CHECK_MS = 2_500;

/** Clients on one side, Postgres for what is and Redis for what changes on the other. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { redis, log, onFatal } = options;
  const stopping = new AbortController();
  const hub = createHub();
  const states = createStates(options);
  const readAgain = oneAtATime(() =>
    untilDone(() => states.readAgain(hub), {
      what: 'reading states again',
      log,
      signal: stopping.signal,
    }),
  );
  const feed = createStatusFeed({
    onUpdate: (update) => dispatch(hub, update),
    onMissed: () =>
      void readAgain().catch((error) => (error instanceof Stopped ? undefined : onFatal(error))),
    now: () => performance.now(),
  });
  redis.subscribe({ pattern: STATUS_CHANNELS, onMessage: feed.onMessage, onSubscribed: feed.onSubscribed });
  const silenceCheck = setInterval(feed.checkSilence, SILENCE_CHECK_MS);
  const socketDeps = {
    hub,
    readStates: states.read,
    onError: (error: unknown) => log.warn('a state could not be read for a client', { error }),
    ...(options.stuckMs === undefined ? {} : { stuckMs: options.stuckMs }),
  };
  const server = await startServer(
    { ...options, onSocket: (socket) => onSocket(socketDeps, socket) },
    options,
  );
  return {
    port: server.port,
    clients: server.clients,
    subscribedIds: () => hub.notification_id.size + hub.batch_id.size,
    stop: async (signal) => {
      clearInterval(silenceCheck);
      stopping.abort();
      await server.close(signal);
    },
  };
}

/** What is asked for while it runs is done once more after it, for all who asked. */
function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  const asked = grouped<null, void>({
    run: async (askers) => {
      await run();
      return askers.map(() => undefined);
    },
    sizeMax: Infinity,
    inFlightMax: 1,
  });
  return () => asked(null);
}
