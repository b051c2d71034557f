import { randomUUID } from 'node:crypto';
import { type Channel, CHANNELS } from '@fanfare/contracts';
import { connectDatabase, schemaCache } from '@fanfare/db';
import {
  connectKafka,
  createPublisher,
  createSerde,
  journeyRecords,
  kafkaCheck,
  type KafkaHandle,
  listRetryLevels,
} from '@fanfare/kafka';
import { connectRedis, createPace, type Pace, type RedisHandle } from '@fanfare/redis';
import { type Config, type Logger, runService, untilDone } from '@fanfare/runtime';
import { type OpenChannel, openChannel } from './channel.ts';
import { config, contentLimits, outboundRateOf } from './config.ts';
import { openLanes } from './lanes.ts';
import { measureChannels, measureLanes } from './metrics.ts';
import { slotsOf } from './provider-settings.ts';

await runService({
  name: 'delivery',
  config,
  healthPort: ({ HTTP_PORT }) => HTTP_PORT,
  start: async ({ config: settings, log, fail }) => {
    const hardStop = new AbortController();
    const { signal } = hardStop;
    const db = connectDatabase({
      url: settings.DATABASE_URL,
      connectionsMax: settings.DELIVERY_CONNECTIONS,
      log,
    });
    const kafka = connectKafka({ brokers: [...settings.KAFKA_BROKERS], clientId: 'delivery', log });
    const publisher = createPublisher({ kafka });
    const serde = createSerde({ registryUrl: settings.SCHEMA_REGISTRY_URL, cache: schemaCache(db) });
    const redis = connectRedis({ url: settings.REDIS_URL, name: 'delivery', log });
    const paceOf = pacing(redis, settings, log);
    await requireRetryTopics(kafka, settings.RETRY_DELAYS.length, log, signal);
    const lanes = await openLanes({ settings, db, log, signal });
    const shared = {
      db,
      kafka,
      publisher,
      serde,
      log,
      records: await journeyRecords(serde),
      limits: contentLimits(settings),
      leaseMs: settings.LEASE_MS,
      delaysMs: settings.RETRY_DELAYS,
      signal,
      onFatal: fail,
    };
    const channels: OpenChannel[] = await Promise.all(
      settings.CHANNELS.map((channel) =>
        openChannel({
          ...shared,
          channel,
          chain: lanes.chainOf(channel),
          pace: paceOf(channel),
          slots: slotsOf(settings, channel),
        }),
      ),
    );
    measureChannels(channels);
    measureLanes(lanes.all);
    return {
      checks: { postgres: () => db.check(), kafka: () => kafkaCheck(kafka) },
      detail: () => ({ lanes: lanes.all.map((lane) => lane.describe()) }),
      left: () =>
        Object.fromEntries(channels.map(({ channel, scheduler }) => [channel, scheduler.inFlight()])),
      stop: async (overdue) => {
        overdue.addEventListener('abort', () => hardStop.abort());
        await Promise.all(channels.map((channel) => channel.stop()));
        await lanes.close();
        await publisher.close();
        await kafka.close();
        await db.close();
        redis.close();
      },
    };
  },
});

/** The limit of each channel, which this process keeps to together with all others. */
function pacing(
  redis: RedisHandle,
  settings: Config<ReturnType<typeof config>>,
  log: Logger,
): (channel: Channel) => Pace {
  const replica = randomUUID();
  return (channel) =>
    createPace({
      redis,
      name: channel,
      perSecond: outboundRateOf(settings, channel),
      replica,
      now: Date.now,
      log,
    });
}

/** A retry that has no topic would wait for one for ever, and its partition behind it. */
async function requireRetryTopics(
  kafka: KafkaHandle,
  levels: number,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const existing = await untilDone(() => listRetryLevels(kafka), {
    what: 'looking for retry topics',
    log,
    signal,
  });
  for (const channel of CHANNELS)
    if (existing.filter((level) => level.channel === channel).length < levels)
      throw new Error(
        `RETRY_DELAYS asks for ${levels} retry topics of ${channel}: prepare the stack with it first`,
      );
}
