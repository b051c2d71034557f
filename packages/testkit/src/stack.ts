import type { Addresses } from '../../../infra/local-stack/stack.ts';
import type { Progress } from '../../../infra/screen.ts';
import { startContainers } from './containers.ts';

/**
 * The Kafka, registry, Postgres and Redis of this test run, with tables, topics and schemas in place: given by their
 * addresses in the environment (as `npm test` does), else in containers where an engine answers, else as a local
 * stack on free ports. Started once for the process, removed after its last test.
 */
export function stack(): Promise<Addresses> {
  current ??= startPrepared();
  return current.then(({ addresses }) => addresses);
}

export type TestStack = { addresses: Addresses; stop(): Promise<void> };

/** What `stack` brings up, empty, for whoever decides when it stops. */
export async function startTestStack(onProgress: Progress, signal?: AbortSignal): Promise<TestStack> {
  return givenStack() ?? (await startContainers(onProgress)) ?? startLocally(onProgress, signal);
}

let current: Promise<TestStack> | undefined;

async function startPrepared(): Promise<TestStack> {
  const started = await startTestStack(() => {});
  const { prepare } = await import('../../../infra/prepare.ts');
  await prepare({ ...process.env, ...started.addresses }, () => {});
  return started;
}

// Outside of any suite, so after the last test of all files. A benchmark that imports this has no such hook.
if (typeof after === 'function')
  after(async () => {
    await current?.then((started) => started.stop());
  });

function givenStack(): TestStack | undefined {
  const { DATABASE_URL, REDIS_URL, KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = process.env;
  if (!DATABASE_URL || !REDIS_URL || !KAFKA_BROKERS || !SCHEMA_REGISTRY_URL) return undefined;
  return {
    addresses: { DATABASE_URL, REDIS_URL, KAFKA_BROKERS, SCHEMA_REGISTRY_URL },
    stop: () => Promise.resolve(),
  };
}

/** Imported only here: with given addresses or containers, nothing of it is needed. */
async function startLocally(onProgress: Progress, signal?: AbortSignal): Promise<TestStack> {
  const { startTemporaryStack } = await import('../../../infra/local-stack/temporary.ts');
  return startTemporaryStack({ onProgress, ...(signal === undefined ? {} : { signal }) });
}
