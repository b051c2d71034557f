import type { OutgoingRecord, Publisher } from './publish.ts';
import { PublishRefused } from './publish-errors.ts';

/**
 * Publishes the records of several callers in one round trip and gives each its own answer, so that one whose record
 * Kafka refuses holds nobody else up.
 * @returns for each caller the refusal of its records, or null when all of them are stored
 * @throws PublishTimeout
 */
export async function publishEach(
  publisher: Publisher,
  callers: readonly (readonly OutgoingRecord[])[],
): Promise<(PublishRefused | null)[]> {
  try {
    await publisher.publish(callers.flat());
    return callers.map(() => null);
  } catch (error) {
    if (!(error instanceof PublishRefused)) throw error;
    return callers.map((records) => refusalOf(error, records));
  }
}

function refusalOf({ refused }: PublishRefused, records: readonly OutgoingRecord[]): PublishRefused | null {
  const own = refused.filter(({ record }) => records.includes(record));
  return own.length === 0 ? null : new PublishRefused(own);
}
