import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  acceptKeyed,
  connectDatabase,
  findAccepted,
  forgetOutbox,
  type IdempotencyKey,
  isolate,
  RowRefused,
  schemaCache,
} from '@fanfare/db';
import { connectKafka, createPublisher, createSerde, journeyRecords, kafkaCheck } from '@fanfare/kafka';
import { connectRedis } from '@fanfare/redis';
import { grouped, type Logger, runService } from '@fanfare/runtime';
import { accept, type AcceptDeps, type Acceptance, type AcceptRequest } from './accept.ts';
import { config, requestRules } from './config.ts';
import { createKafkaLatch } from './kafka-latch.ts';
import { knownCallers } from './known-callers.ts';
import { createUpgrades } from './on-upgrade.ts';
import { createPublishedGroups } from './published-groups.ts';
import { queueDepth } from './queue-depth.ts';
import { rows } from './rows.ts';
import { createServer } from './server.ts';

const OPENAPI = new URL('../../../schemas/openapi.yaml', import.meta.url);
/** A publish that takes longer opens the latch: the client has its answer, the scheduler relays. */
const PUBLISH_DEADLINE_MS = 3_000;
const PROBE_EVERY_MS = 1_000;
/** Whoever asks as often as this hears that the connection ends, and finds another process with the next request. */
const DRAIN_MS = 1_000;
/** Requests in one transaction: enough to fill it under load, few enough to keep its parameters small. */
const GROUP_SIZE_MAX = 256;
/** One at a time makes the largest groups, and a group costs Postgres and Kafka nearly the same whatever its size. */
const GROUPS_IN_FLIGHT_MAX = 1;
/** Under load the answers of one group bring the requests of the next, a moment apart. */
const LINGER_MS = 2;
/** One round trip to Redis at a time: what comes meanwhile goes together in the next. */
const RECALLS = { sizeMax: 256, inFlightMax: 1 };
const BATCHES_IN_FLIGHT_MAX = 2;
const WAITING_REQUESTS_MAX = 5_000;
const WAITING_BATCHES_MAX = 64;
/** What waits at each of the two doors. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

await runService({
  name: 'ingest',
  config,
  start: async ({ config: settings, log, health }) => {
    const { DATABASE_URL: url, ACCEPT_CONNECTIONS: connectionsMax } = settings;
    const db = connectDatabase({ url, connectionsMax, log });
    const redis = connectRedis({ url: settings.REDIS_URL, name: 'ingest', log });
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
      store: (group, keys) => acceptKeyed(db, group, keys),
      findAccepted: (ids) => findAccepted(db, ids),
      remember: (keys) => void redis.rememberUses(keys),
      publish: (group) => publisher.publish(group),
      records,
      latch,
      published,
      newId: () => randomUUIDv7(),
      log: (message, error) => log.warn(message, { error }),
    });
    const server = createServer({
      ...doors,
      ...rows(db),
      recallUse: grouped({ ...RECALLS, run: (keys: IdempotencyKey[]) => redis.recallUses(keys) }),
      queueDepth: () => queueDepth(kafka),
      ...knownCallers(settings, db, redis),
      ...requestRules(settings),
      now: () => Date.now(),
      newId: () => randomUUIDv7(),
      health,
      openapi: await readFile(OPENAPI, 'utf8'),
      drain: () => sleep(DRAIN_MS),
      onBug: (error) => log.error('a request failed', { error }),
    });
    const upgrades = createUpgrades({ host: settings.GATEWAY_HOST, port: settings.GATEWAY_PORT });
    server.server.on('upgrade', upgrades.forward);
    await listen(server, settings.HOST, settings.HTTP_PORT, log);
    return {
      checks: { postgres: () => db.check(), kafka: () => kafkaCheck(kafka) },
      stop: async () => {
        upgrades.end();
        await server.close();
        latch.stop();
        await published
          .flush()
          .catch((error: unknown) => log.warn('outbox rows are left to the scheduler', { error }));
        await publisher.close();
        await kafka.close();
        redis.close();
        await db.close();
      },
    };
  },
});

type Doors = {
  acceptOne: (request: AcceptRequest) => Promise<Acceptance | null>;
  acceptBatch: Doors['acceptOne'];
};

/** Single requests are accepted in groups, a batch is a group of its own. */
function openDoors(deps: AcceptDeps): Doors {
  const single = grouped<AcceptRequest, Acceptance | Error | null>({
    run: (requests) => isolate(requests, (group) => acceptOrTell(deps, group)),
    sizeMax: GROUP_SIZE_MAX,
    inFlightMax: GROUPS_IN_FLIGHT_MAX,
    lingerMs: LINGER_MS,
    queueMax: WAITING_REQUESTS_MAX,
    weigh,
    bytesMax: WAITING_BYTES_MAX,
  });
  const batch = grouped<AcceptRequest, Acceptance | null>({
    run: (requests) => accept(deps, requests),
    sizeMax: 1,
    inFlightMax: BATCHES_IN_FLIGHT_MAX,
    queueMax: WAITING_BATCHES_MAX,
    weigh,
    bytesMax: WAITING_BYTES_MAX,
  });
  const acceptOne = async (request: AcceptRequest): Promise<Acceptance | null> => {
    const acceptance = await single(request);
    if (acceptance instanceof Error) throw acceptance;
    return acceptance;
  };
  return { acceptOne, acceptBatch: batch };
}

/** Of a group that is split, one half may be stored when the other fails: each request has an answer of its own. */
async function acceptOrTell(
  deps: AcceptDeps,
  group: AcceptRequest[],
): Promise<(Acceptance | Error | null)[]> {
  try {
    return await accept(deps, group);
  } catch (error) {
    if (error instanceof RowRefused) throw error;
    return group.map(() => (error instanceof Error ? error : new Error(String(error))));
  }
}

/** About what a notification takes beside its content: ids, recipient, and the record made of it. */
const BYTES_BESIDE_CONTENT = 1_024;

function weigh({ notifications }: AcceptRequest): number {
  const contents = notifications.reduce((sum, { draft }) => sum + (draft.content?.length ?? 0) * 2, 0);
  return contents + notifications.length * BYTES_BESIDE_CONTENT;
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
