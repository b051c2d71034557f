import type { KafkaHandle } from './connect.ts';

/** A record on its way to Kafka. Without a key and a partition it goes to any partition. */
export type OutgoingRecord = {
  topic: string;
  key: string | Buffer | null;
  value: Buffer | null;
  headers?: Record<string, string | Buffer>;
  partition?: number;
};

export type Publisher = {
  /**
   * Resolves when every record is acknowledged by all in-sync replicas.
   *
   * @throws PublishTimeout when the deadline passed first; some of the records may have been stored, or still be.
   * @throws PublishRefused when the broker will never take some of them; all others are stored.
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
};

export class PublishTimeout extends Error {
  readonly code = 'publish_timeout';
  override readonly name = 'PublishTimeout';
}

export type RefusedRecord = { record: OutgoingRecord; reason: string };

export class PublishRefused extends Error {
  readonly code = 'publish_refused';
  override readonly name = 'PublishRefused';
  /** The guilty ones, as the very objects that were given. `reason` is Kafka's error name. */
  readonly refused: readonly RefusedRecord[];

  constructor(refused: readonly RefusedRecord[]) {
    super(`Kafka refused ${refused.length} records: ${refused[0]?.reason}`);
    this.refused = refused;
  }
}

export function createPublisher(options: { kafka: KafkaHandle; deadlineMs?: number }): Publisher {
  throw new Error(`not built yet: ${options.deadlineMs}`);
}
