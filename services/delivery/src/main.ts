import { CHANNELS } from '@fanfare/contracts';
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
import { httpProvider } from '@fanfare/providers';
import { gauge, type Logger, runService, untilDone } from '@fanfare/runtime';
import { config, contentLimits, providerUrl } from './config.ts';
import { type Lane, openLane } from './lane.ts';

await runService({
  name: 'delivery',
  config,
  healthPort: ({ HTTP_PORT }) => HTTP_PORT,
  start: async ({ config: settings, log, fail }) => {
    const hardStop = new AbortController();
    const db = connectDatabase({
      url: settings.DATABASE_URL,
      connectionsMax: settings.DELIVERY_CONNECTIONS,
      log,
    });
    const kafka = connectKafka({ brokers: [...settings.KAFKA_BROKERS], clientId: 'delivery', log });
    const publisher = createPublisher({ kafka });
    const serde = createSerde({ registryUrl: settings.SCHEMA_REGISTRY_URL, cache: schemaCache(db) });
    const shared = {
      db,
      kafka,
      publisher,
      serde,
      log,
      records: await journeyRecords(serde),
      limits: contentLimits(settings),
      leaseMs: settings.LEASE_MS,
      timeoutMs: settings.PROVIDER_TIMEOUT_MS,
      delaysMs: settings.RETRY_DELAYS,
      concurrency: settings.DELIVERY_CONCURRENCY,
      signal: hardStop.signal,
      onFatal: fail,
    };
    await requireRetryTopics(kafka, settings.RETRY_DELAYS.length, log, hardStop.signal);
    const lanes = await Promise.all(
      settings.CHANNELS.map((channel) =>
        openLane({
          ...shared,
          channel,
          provider: httpProvider({
            name: 'http',
            url: providerUrl(settings, channel),
            timeoutMs: settings.PROVIDER_TIMEOUT_MS,
            connections: settings.DELIVERY_CONCURRENCY,
          }),
        }),
      ),
    );
    measureInFlight(lanes);
    return {
      checks: { postgres: () => db.check(), kafka: () => kafkaCheck(kafka) },
      left: () => Object.fromEntries(lanes.map(({ channel, inFlight }) => [channel, inFlight()])),
      stop: async (overdue) => {
        overdue.addEventListener('abort', () => hardStop.abort());
        await Promise.all(lanes.map((lane) => lane.stop()));
        await publisher.close();
        await kafka.close();
        await db.close();
      },
    };
  },
});

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

function measureInFlight(lanes: Lane[]): void {
  gauge({
    name: 'fanfare_delivery_in_flight',
    help: 'Notifications being delivered by this process',
    labels: ['channel'],
    collect: (metric) => {
      for (const { channel, inFlight } of lanes) metric.set({ channel }, inFlight());
    },
  });
}
