import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  acceptGroup,
  cancel,
  connectDatabase,
  type Database,
  findAccepted,
  forgetOutbox,
  getBatch,
  getNotification,
  getTrace,
  isolate,
  schemaCache,
} from '@fanfare/db';
import { connectKafka, createPublisher, createSerde, journeyRecords, kafkaCheck } from '@fanfare/kafka';
import { grouped, type Logger, runService } from '@fanfare/runtime';
import { accept, type AcceptDeps, type Acceptance, type AcceptRequest } from './accept.ts';
import { config, contentLimits } from './config.ts';
import { deadLetterIndex } from './dead-letter-index.ts';
import { createKafkaLatch } from './kafka-latch.ts';
import { forwardUpgrade } from './on-upgrade.ts';
import { createPublishedGroups } from './published-groups.ts';
import { createServer } from './server.ts';

const OPENAPI = new URL('../../../schemas/openapi.yaml', import.meta.url);
/** A publish that takes longer opens the latch: the client has its answer, the scheduler relays. */
const PUBLISH_DEADLINE_MS = 3_000;
const PROBE_EVERY_MS = 1_000;
/** Requests in one transaction: enough to fill it under load, few enough to keep its parameters small. */
const GROUP_SIZE_MAX = 256;
/** While one group is at Kafka the next is at Postgres. */
const GROUPS_IN_FLIGHT_MAX = 2;
const BATCHES_IN_FLIGHT_MAX = 2;
const WAITING_REQUESTS_MAX = 5_000;
const WAITING_BATCHES_MAX = 64;

await runService({
  name: 'ingest',
  config,
  start: async ({ config: settings, log, health }) => {
    const db = connectDatabase({
      url: settings.DATABASE_URL,
      connectionsMax: settings.ACCEPT_CONNECTIONS,
      onError: (error) => log.warn('a database connection broke', { error }),
    });
    const kafka = connectKafka({ brokers: [...settings.KAFKA_BROKERS], clientId: 'ingest', log });
    const publisher = createPublisher({ kafka, deadlineMs: PUBLISH_DEADLINE_MS });
    const records = await journeyRecords(
      createSerde({ registryUrl: settings.SCHEMA_REGISTRY_URL, cache: schemaCache(db) }),
    );
    const latch = createKafkaLatch({
      probeEveryMs: PROBE_EVERY_MS,
      probe: () => kafkaCheck(kafka),
      onChange: (open) => log.warn(open ? 'accepting without Kafka' : 'Kafka is back', { open }),
    });
    const published = createPublishedGroups((ids) => forgetOutbox(db, ids));
    const doors = openDoors({
      store: (group) => acceptGroup(db, group),
      findAccepted: (id) => findAccepted(db, id),
      publish: (group) => publisher.publish(group),
      records,
      latch,
      published,
      newId: () => randomUUIDv7(),
      log: (message, error) => log.warn(message, { error }),
    });
    const server = createServer({
      ...doors,
      ...reads(db),
      ...deadLetterIndex(db),
      cancel: (id) => cancel(db, id, randomUUIDv7()),
      limits: contentLimits(settings),
      now: () => Date.now(),
      newId: () => randomUUIDv7(),
      health,
      openapi: await readFile(OPENAPI, 'utf8'),
      onBug: (error) => log.error('a request failed', { error }),
    });
    const gateway = { host: settings.GATEWAY_HOST, port: settings.GATEWAY_PORT };
    server.server.on('upgrade', (request, socket, head) => forwardUpgrade(gateway, request, socket, head));
    await listen(server, settings.HOST, settings.HTTP_PORT, log);
    return {
      checks: { postgres: () => db.check(), kafka: () => kafkaCheck(kafka) },
      stop: async () => {
        await server.close();
        latch.stop();
        await published
          .flush()
          .catch((error: unknown) => log.warn('outbox rows are left to the scheduler', { error }));
        await publisher.close();
        await kafka.close();
        await db.close();
      },
    };
  },
});

type Doors = { acceptOne: (request: AcceptRequest) => Promise<Acceptance>; acceptBatch: Doors['acceptOne'] };

/** Single requests are accepted in groups, a batch is a group of its own. */
function openDoors(deps: AcceptDeps): Doors {
  const single = grouped<AcceptRequest, Acceptance | Error>({
    run: (requests) => isolate(requests, (group) => accept(deps, group)),
    sizeMax: GROUP_SIZE_MAX,
    inFlightMax: GROUPS_IN_FLIGHT_MAX,
    queueMax: WAITING_REQUESTS_MAX,
  });
  const batch = grouped<AcceptRequest, Acceptance>({
    run: (requests) => accept(deps, requests),
    sizeMax: 1,
    inFlightMax: BATCHES_IN_FLIGHT_MAX,
    queueMax: WAITING_BATCHES_MAX,
  });
  const acceptOne = async (request: AcceptRequest): Promise<Acceptance> => {
    const acceptance = await single(request);
    if (acceptance instanceof Error) throw acceptance;
    return acceptance;
  };
  return { acceptOne, acceptBatch: batch };
}

function reads(db: Database) {
  return {
    getNotification: (id: string) => getNotification(db, id),
    getBatch: (id: string) => getBatch(db, id),
    getTrace: (id: string) => getTrace(db, id),
  };
}

async function listen(
  server: ReturnType<typeof createServer>,
  host: string,
  port: number,
  log: Logger,
): Promise<void> {
  await server.listen({ host, port });
  log.info('listening', { host, port });
}
