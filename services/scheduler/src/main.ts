import { connectDatabase, schemaCache } from '@fanfare/db';
import { connectKafka, createPublisher, createSerde, journeyRecords, kafkaCheck } from '@fanfare/kafka';
import { runService } from '@fanfare/runtime';
import { startChores } from './chores.ts';
import { config } from './config.ts';

/** One for each chore, and one for readiness. */
const CONNECTIONS_MAX = 7;

await runService({
  name: 'scheduler',
  config,
  healthPort: ({ HTTP_PORT }) => HTTP_PORT,
  start: async ({ config: settings, log }) => {
    const db = connectDatabase({
      url: settings.DATABASE_URL,
      connectionsMax: CONNECTIONS_MAX,
      log,
    });
    const kafka = connectKafka({ brokers: [...settings.KAFKA_BROKERS], clientId: 'scheduler', log });
    const publisher = createPublisher({ kafka });
    const serde = createSerde({ registryUrl: settings.SCHEMA_REGISTRY_URL, cache: schemaCache(db) });
    const records = await journeyRecords(serde);
    const chores = startChores({ db, kafka, publisher, records, settings, log });
    return {
      checks: { postgres: () => db.check(), kafka: () => kafkaCheck(kafka) },
      stop: async () => {
        await Promise.all(chores.map((chore) => chore.stop()));
        await publisher.close();
        await kafka.close();
        await db.close();
      },
    };
  },
});
