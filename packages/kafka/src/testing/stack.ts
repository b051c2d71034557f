import { stack } from '@fanfare/testkit';

/** Where the Kafka and the registry of this test run are. */
export async function addresses(): Promise<{ brokers: string[]; registryUrl: string }> {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = await stack();
  return { brokers: KAFKA_BROKERS.split(','), registryUrl: SCHEMA_REGISTRY_URL };
}

// Outside of any suite: once, before the first test of all files, which would be too short a time for it.
before(async function startStack() {
  this.timeout(300_000);
  await stack();
});
