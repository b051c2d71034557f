// Also a program: `node infra/prepare.ts` prepares what DATABASE_URL, KAFKA_BROKERS and SCHEMA_REGISTRY_URL name.
import { codecs, topics } from '@fanfare/contracts';
import { migrate } from '@fanfare/db';
import { DEFAULT_RETRY_DELAYS_MS } from '@fanfare/domain';
import { createTopics, registerSchemas } from '@fanfare/kafka';
import { databaseSettings, durationsMs, kafkaSettings, loadConfig, z } from '@fanfare/runtime';
import { describeFailure } from './user-error.ts';

export const config = z.object({
  ...databaseSettings,
  ...kafkaSettings,
  // Each delay is a retry topic.
  RETRY_DELAYS: durationsMs().default([...DEFAULT_RETRY_DELAYS_MS]),
});

/**
 * Makes an empty stack fit for the services: tables, topics, schemas. Doing it again changes nothing.
 *
 * @param env the addresses, and RETRY_DELAYS where it is not the default.
 */
export async function prepare(env: NodeJS.ProcessEnv, onProgress: (line: string) => void): Promise<void> {
  const settings = loadConfig(config, env);
  await Promise.all([
    prepareDatabase(settings.DATABASE_URL, onProgress),
    prepareTopics([...settings.KAFKA_BROKERS], settings.RETRY_DELAYS.length, onProgress),
    prepareSchemas(settings.SCHEMA_REGISTRY_URL, onProgress),
  ]);
}

type Progress = (line: string) => void;

async function prepareDatabase(url: string, onProgress: Progress): Promise<void> {
  const applied = await migrate(url);
  onProgress(applied.length === 0 ? 'database is up to date' : `database migrated to ${applied.at(-1)}`);
}

async function prepareTopics(brokers: string[], retryLevels: number, onProgress: Progress): Promise<void> {
  const wanted = topics(retryLevels);
  const created = await createTopics({ brokers, topics: wanted });
  onProgress(`topics ${wanted.length} in place, ${created.length} of them new`);
}

async function prepareSchemas(url: string, onProgress: Progress): Promise<void> {
  await registerSchemas({ url, subjects: codecs });
  onProgress(`schemas ${codecs.map(({ subject }) => subject).join(', ')}`);
}

if (import.meta.main) {
  await prepare(process.env, console.log).catch((error: unknown) => {
    console.error(describeFailure(error));
    process.exitCode = 1;
  });
}
