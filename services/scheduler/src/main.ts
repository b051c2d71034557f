import { randomUUIDv7 } from 'node:crypto';
import {
  connectDatabase,
  expireOverdue,
  forgetOutbox,
  readPublishable,
  releaseDue,
  schemaCache,
  takeAbandoned,
} from '@fanfare/db';
import { connectKafka, createPublisher, createSerde, journeyRecords, kafkaCheck } from '@fanfare/kafka';
import { runService } from '@fanfare/runtime';
import { config } from './config.ts';
import { every } from './every.ts';
import { onAbandoned } from './on-abandoned.ts';
import { onDue } from './on-due.ts';
import { publishPromised } from './publish-promised.ts';

/** Groups relayed at once: of single requests tens of notifications each, of batches up to a thousand. */
const RELAY_GROUPS_MAX = 20;
/** One chore at a time on each, and one for readiness. */
const CONNECTIONS_MAX = 3;

await runService({
  name: 'scheduler',
  config,
  healthPort: ({ HTTP_PORT }) => HTTP_PORT,
  start: async ({ config: settings, log }) => {
    const db = connectDatabase({
      url: settings.DATABASE_URL,
      connectionsMax: CONNECTIONS_MAX,
      onError: (error) => log.warn('a database connection broke', { error }),
    });
    const kafka = connectKafka({ brokers: [...settings.KAFKA_BROKERS], clientId: 'scheduler', log });
    const publisher = createPublisher({ kafka });
    const keepPromises = publishPromised({
      read: (ids) => readPublishable(db, ids),
      publish: (records) => publisher.publish(records),
      forget: (outboxIds) => forgetOutbox(db, outboxIds),
      records: await journeyRecords(
        createSerde({ registryUrl: settings.SCHEMA_REGISTRY_URL, cache: schemaCache(db) }),
      ),
    });
    const chores = [
      every({ what: 'releasing due notifications', everyMs: settings.SCHEDULE_EVERY_MS, log }, () =>
        onDue({
          takeDue: () => releaseDue(db, randomUUIDv7(), settings.SCHEDULE_BATCH),
          publishPromised: keepPromises,
        }),
      ),
      every({ what: 'expiring what is overdue', everyMs: settings.RELAY_EVERY_MS, log }, () =>
        onDue({
          takeDue: () => expireOverdue(db, randomUUIDv7(), settings.SCHEDULE_BATCH),
          publishPromised: keepPromises,
        }),
      ),
      every({ what: 'relaying unpublished groups', everyMs: settings.RELAY_EVERY_MS, log }, () =>
        onAbandoned({
          takeAbandoned: () => takeAbandoned(db, RELAY_GROUPS_MAX),
          publishPromised: keepPromises,
        }),
      ),
    ];
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
