import { freePort } from '../../../infra/local-stack/ports.ts';
import type { Progress } from '../../../infra/screen.ts';
import type * as Library from 'testcontainers';
import type { TestStack } from './stack.ts';

const IMAGES = {
  kafka: 'apache/kafka:4.2.0',
  registry: 'apicurio/apicurio-registry-mem:2.6.13.Final',
  postgres: 'postgres:18',
  redis: 'redis:7',
};

type Testcontainers = typeof Library;

/** The stack in containers, or undefined where no engine answers. */
export async function startContainers(onProgress: Progress): Promise<TestStack | undefined> {
  const testcontainers = await import('testcontainers');
  const host = await engineHost(testcontainers);
  if (host === undefined) return undefined;
  onProgress('containers start; the first time, their images are fetched');
  const started = await Promise.all([
    startPostgres(testcontainers),
    startRedis(testcontainers),
    startKafka(testcontainers, host),
    startRegistry(testcontainers),
  ]);
  const [postgres, redis, kafka, registry] = started;
  return {
    addresses: {
      DATABASE_URL: `postgres://fanfare:fanfare@${host}:${postgres.getFirstMappedPort()}/postgres`,
      REDIS_URL: `redis://${host}:${redis.getFirstMappedPort()}`,
      KAFKA_BROKERS: `${host}:${kafka.getFirstMappedPort()}`,
      SCHEMA_REGISTRY_URL: `http://${host}:${registry.getFirstMappedPort()}/apis/ccompat/v7`,
    },
    stop: async () => void (await Promise.all(started.map((container) => container.stop()))),
  };
}

/** Not a look for the `docker` command: that may be there without an engine behind it. */
async function engineHost({ getContainerRuntimeClient }: Testcontainers): Promise<string | undefined> {
  try {
    const client = await getContainerRuntimeClient();
    return client.info.containerRuntime.host;
  } catch {
    return undefined;
  }
}

function startPostgres({ GenericContainer, Wait }: Testcontainers): Promise<Library.StartedTestContainer> {
  return (
    new GenericContainer(IMAGES.postgres)
      .withEnvironment({ POSTGRES_USER: 'fanfare', POSTGRES_PASSWORD: 'fanfare', POSTGRES_DB: 'postgres' })
      .withCommand(['postgres', '-c', 'max_connections=200', '-c', 'jit=off'])
      .withExposedPorts(5432)
      // The image starts it once to create the data, and then for good.
      .withWaitStrategy(Wait.forLogMessage('database system is ready to accept connections', 2))
      .start()
  );
}

function startRedis({ GenericContainer, Wait }: Testcontainers): Promise<Library.StartedTestContainer> {
  return new GenericContainer(IMAGES.redis)
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .start();
}

/** A broker tells its clients where it is, so its port outside must be known before it starts. */
async function startKafka(
  { GenericContainer, Wait }: Testcontainers,
  host: string,
): Promise<Library.StartedTestContainer> {
  const port = await freePort();
  return new GenericContainer(IMAGES.kafka)
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${host}:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
    })
    .withExposedPorts({ container: 9092, host: port })
    .withWaitStrategy(Wait.forLogMessage('Kafka Server started'))
    .start();
}

function startRegistry({ GenericContainer, Wait }: Testcontainers): Promise<Library.StartedTestContainer> {
  return new GenericContainer(IMAGES.registry)
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
    .start();
}
