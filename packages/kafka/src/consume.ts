import type { KafkaHandle } from './connect.ts';

export type TopicPartition = { topic: string; partition: number };

/** A record that was fetched and is this member's to handle, until `done` or until the partition goes to another. */
export type ConsumedRecord = {
  topic: string;
  partition: number;
  offset: number;
  key: Buffer | null;
  value: Buffer | null;
  /** The first value of each header, as UTF-8. */
  headers: Record<string, string>;
  timestampMs: number;
  /** Everything that follows from the record is acknowledged elsewhere: its offset may be committed. */
  done(): void;
  /** The partition has gone to another member (or was read anew): `done` counts no more, do not start on it. */
  isStale(): boolean;
};

export type ConsumeOptions = {
  kafka: KafkaHandle;
  groupId: string;
  /** The same for every member of the group: kafkajs's assigner hands out the topics of all. */
  topics: readonly string[];
  /** Takes new records, in offset order per partition, and returns at once. It must not throw: that is fatal. */
  onRecords(records: ConsumedRecord[]): void;
  onAssigned?(partitions: TopicPartition[]): void;
  onRevoked?(partitions: TopicPartition[]): void;
  /** This consumption cannot go on (a bug, or a broker that refuses us for good): the process should end. */
  onFatal(error: Error): void;
  /** Where to start in a newly assigned partition, instead of the committed offset (null: the committed one). */
  seekTo?(topic: string, partition: number): Promise<number | null>;
  /** How long an idle fetch waits at the broker; also how long a resumed partition may lie still. */
  maxWaitMs?: number;
  sessionTimeoutMs?: number;
  heartbeatMs?: number;
  /** Records that a partition may have in flight. */
  capacity?: number;
  commitEveryMs?: number;
};

export type Consumption = {
  /** Hands out no further records and stays in the group. */
  pause(): void;
  resume(): void;
  /** Records handed out, neither done nor stale. */
  inFlight(): number;
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>;
  assigned(): TopicPartition[];
  /** Commits what is done now instead of at the next interval. */
  commit(): Promise<void>;
  /** Reads a partition anew from where `seekTo` says now; what is in flight of it becomes stale. */
  reposition(topic: string, partition: number): void;
  /** Last commit, then leaves the group. A clean stop is pause, idle, stop. */
  stop(): Promise<void>;
};

/** Resolves when the member has joined its group, however long Kafka is away before. */
export function consume(options: ConsumeOptions): Promise<Consumption> {
  throw new Error(`not built yet: ${options.groupId}`);
}
