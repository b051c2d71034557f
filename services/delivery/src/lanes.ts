import type { Channel } from '@fanfare/contracts';
import { announceLanes, type Database, readLaneStates, throttleLane } from '@fanfare/db';
import { type Chain, createChain, createLane, createProvider, type Lane } from '@fanfare/providers';
import { type Config, type Logger, untilDone } from '@fanfare/runtime';
import type { config } from './config.ts';
import { watchLanes } from './lane-watch.ts';
import { isSmtp, type ProviderSettings, providersOf } from './provider-settings.ts';

export type LanesOptions = {
  settings: Config<ReturnType<typeof config>>;
  db: Database;
  log: Logger;
  signal: AbortSignal;
};

/** The lanes of a process: the providers of each channel that it serves. */
export type Lanes = {
  all: readonly Lane[];
  chainOf: (channel: Channel) => Chain;
  /** The longest time-out of them. */
  timeoutMs: number;
  close: () => Promise<void>;
};

/** Makes the lanes as they are set, and keeps them as the database says: paused by an operator, throttled elsewhere. */
export async function openLanes({ settings, db, log, signal }: LanesOptions): Promise<Lanes> {
  const set = settings.CHANNELS.flatMap((channel) =>
    providersOf(settings, channel).map((provider, position) => ({ channel, provider, position })),
  );
  const all = set.map(({ channel, provider }) => laneOf({ settings, db, log, signal }, channel, provider));
  const watch = await untilDone(
    () =>
      watchLanes({
        lanes: all,
        readStates: () => readLaneStates(db, settings.CHANNELS),
        announce: () =>
          announceLanes(
            db,
            set.map(({ channel, provider, position }) => ({ channel, provider: provider.name, position })),
          ),
        log,
      }),
    { what: 'reading the states of lanes', log, signal },
  );
  return {
    all,
    chainOf: (channel) => createChain(all.filter((lane) => lane.channel === channel)),
    timeoutMs: Math.max(...set.map(({ provider }) => provider.timeoutMs)),
    close: async () => {
      await watch.stop();
      await Promise.all(all.map((lane) => lane.close()));
    },
  };
}

function laneOf({ settings, db, log }: LanesOptions, channel: Channel, set: ProviderSettings): Lane {
  return createLane({
    channel,
    provider: createProvider({
      ...set,
      from: settings.EMAIL_FROM,
      connections: isSmtp(set.url) ? settings.SMTP_CONNECTIONS : settings.DELIVERY_CONCURRENCY,
    }),
    breaker: {
      maxFailures: settings.CIRCUIT_MAX_FAILURES,
      windowMs: settings.CIRCUIT_WINDOW_MS,
      openMs: settings.CIRCUIT_OPEN_MS,
    },
    onThrottled: (untilMs) => {
      throttleLane(db, { channel, provider: set.name, forMs: untilMs - Date.now() }).catch((error: unknown) =>
        log.warn('a throttled lane is not known to other replicas', { channel, provider: set.name, error }),
      );
    },
  });
}
