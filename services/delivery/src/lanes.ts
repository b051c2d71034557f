import type { Channel } from '@fanfare/contracts';
import { announceLanes, type Database, type LaneName, readLaneOrders, throttleLane } from '@fanfare/db';
import { type Chain, createChain, createLane, createProvider, type Lane } from '@fanfare/providers';
import { type Config, type Logger, unlessStopped, untilDone } from '@fanfare/runtime';
import type { config } from './config.ts';
import { watchLanes } from './lane-watch.ts';
import { connectionsTo, type ProviderSettings, providersOf } from './provider-settings.ts';

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
  close: () => Promise<void>;
};

/** Makes the lanes as they are set, and keeps them as the database says: paused by an operator, throttled elsewhere. */
export async function openLanes(options: LanesOptions): Promise<Lanes> {
  const { settings, db, log, signal } = options;
  const set = settings.CHANNELS.flatMap((channel) =>
    providersOf(settings, channel).map((provider, position) => ({ channel, provider, position })),
  );
  const all = set.map(({ channel, provider }) => laneOf(options, channel, provider));
  const watch = await untilDone(
    () =>
      watchLanes({
        lanes: all,
        readOrders: () => readLaneOrders(db, settings.CHANNELS),
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
    close: async () => {
      await watch.stop();
      await Promise.all(all.map((lane) => lane.close()));
    },
  };
}

function laneOf(options: LanesOptions, channel: Channel, set: ProviderSettings): Lane {
  const { settings } = options;
  return createLane({
    channel,
    timeoutMs: set.timeoutMs,
    provider: createProvider({
      ...set,
      from: settings.EMAIL_FROM,
      connections: connectionsTo(set, settings),
    }),
    breaker: {
      maxFailures: settings.CIRCUIT_MAX_FAILURES,
      windowMs: settings.CIRCUIT_WINDOW_MS,
      openMs: settings.CIRCUIT_OPEN_MS,
    },
    onThrottled: (untilMs) => void tellReplicas(options, { channel, provider: set.name }, untilMs),
  });
}

/** For as long as they would have to wait, too. */
async function tellReplicas(
  { db, log, signal }: LanesOptions,
  lane: LaneName,
  untilMs: number,
): Promise<void> {
  const tell = async (): Promise<void> => {
    const forMs = untilMs - Date.now();
    if (forMs > 0) await throttleLane(db, { ...lane, forMs });
  };
  await untilDone(tell, { what: 'telling of a throttled lane', log, signal }).catch(unlessStopped);
}
