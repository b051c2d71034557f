import { connectDatabase, schemaCache } from '@fanfare/db';
import { connectKafka, createSerde, kafkaCheck } from '@fanfare/kafka';
import { connectRedis } from '@fanfare/redis';
import { runService, untilDone } from '@fanfare/runtime';
import { config } from './config.ts';
import { openDeadLetterIndex, openStatusProjection } from './projection.ts';

/** One statement at a time for each of the two streams, and room to ask for positions and health. */
const CONNECTIONS_MAX = 4;

await runService({
  name: 'projector',
  config,
  healthPort: ({ HTTP_PORT }) => HTTP_PORT,
  start: async ({ config: settings, log, fail }) => {
    const stopping = new AbortController();
    const db = connectDatabase({
      url: settings.DATABASE_URL,
      connectionsMax: CONNECTIONS_MAX,
      log,
    });
    const kafka = connectKafka({ brokers: [...settings.KAFKA_BROKERS], clientId: 'projector', log });
    const redis = connectRedis({ url: settings.REDIS_URL, name: 'projector', log });
    const options = {
      db,
      kafka,
      redis,
      serde: createSerde({ registryUrl: settings.SCHEMA_REGISTRY_URL, cache: schemaCache(db) }),
      log,
      persist: <T>(what: string, step: () => Promise<T>) =>
        untilDone(step, { what, log, signal: stopping.signal }),
      onFatal: fail,
    };
    const projections = await Promise.all([
      openStatusProjection({ ...options, groupId: settings.PROJECTOR_GROUP }),
      openDeadLetterIndex({ ...options, groupId: `${settings.PROJECTOR_GROUP}.dlq` }),
    ]);
    return {
      checks: { postgres: () => db.check(), kafka: () => kafkaCheck(kafka), redis: () => redis.check() },
      left: () => ({ records: projections.reduce((sum, { inFlight }) => sum + inFlight(), 0) }),
      stop: async () => {
        stopping.abort();
        await Promise.all(projections.map(({ stop }) => stop()));
        redis.close();
        await kafka.close();
        await db.close();
      },
    };
  },
});
