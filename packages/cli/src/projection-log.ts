import { STATUS_TOPIC } from '@fanfare/contracts';
import {
  compareProjection,
  connectDatabase,
  type Database,
  DatabaseAway,
  findAhead,
  type LoggedEvent,
  readPositions,
  RowRefused,
  schemaCache,
  showAgain,
  traceAgain,
} from '@fanfare/db';
import {
  connectKafka,
  type ConsumedRecord,
  createSerde,
  endOffsets,
  KafkaAway,
  kafkaCheck,
  type KafkaHandle,
  readStatusEvent,
  readTopic,
  RegistryAway,
  type Serde,
  Undecodable,
} from '@fanfare/kafka';
import { type Config, databaseSettings, kafkaSettings, z } from '@fanfare/runtime';
import { CommandFailed } from './command.ts';
import type { EventBatch, FoldDeps } from './projection-fold.ts';

export const projectionSettings = z.object({ ...kafkaSettings, ...databaseSettings });

/** The status log and what is projected of it. */
export type ProjectionLog = Pick<FoldDeps, 'ends' | 'positions' | 'read' | 'compare' | 'findAhead'> & {
  showAgain: (events: LoggedEvent[]) => Promise<number>;
  traceAgain: (events: LoggedEvent[]) => Promise<number>;
  close: () => Promise<void>;
};

function silent(): void {
  // What kafkajs cannot get over by itself, it throws.
}

/** @throws CommandFailed when Kafka or Postgres does not answer */
export async function openProjection(settings: Config<typeof projectionSettings>): Promise<ProjectionLog> {
  const db = connectDatabase({ url: settings.DATABASE_URL, connectionsMax: 2 });
  const kafka = connectKafka({
    brokers: [...settings.KAFKA_BROKERS],
    clientId: 'fanfare-cli',
    log: { error: silent, warn: silent, info: silent, debug: silent },
  });
  const serde = createSerde({ registryUrl: settings.SCHEMA_REGISTRY_URL, cache: schemaCache(db) });
  const close = async (): Promise<void> => {
    await Promise.all([kafka.close(), db.close()]);
  };
  try {
    await Promise.all([ofKafka(kafkaCheck(kafka)), db.check()]);
  } catch (error) {
    await close();
    throw explained(error);
  }
  return { ...logOf(kafka, serde), ...tablesOf(db), close };
}

function logOf(kafka: KafkaHandle, serde: Serde): Pick<ProjectionLog, 'ends' | 'read'> {
  return {
    ends: () => ofKafka(endOffsets({ kafka, topic: STATUS_TOPIC })),
    read: (ranges, onEvents, signal) =>
      readTopic({
        kafka,
        topic: STATUS_TOPIC,
        ranges,
        signal,
        onRecords: async (records) => onEvents(await readEvents(serde, records)),
      }),
  };
}

async function readEvents(serde: Serde, records: ConsumedRecord[]): Promise<EventBatch> {
  const read = await Promise.all(records.map((record) => readEvent(serde, record)));
  const events = read.filter((event) => event !== null);
  return { events, unreadable: read.length - events.length };
}

async function readEvent(
  serde: Serde,
  { partition, offset, value }: ConsumedRecord,
): Promise<LoggedEvent | null> {
  try {
    return { ...(await readStatusEvent(serde, value)), log_partition: partition, log_offset: offset };
  } catch (error) {
    if (error instanceof Undecodable) return null;
    throw error;
  }
}

function tablesOf(db: Database): Omit<ProjectionLog, 'ends' | 'read' | 'close'> {
  return {
    positions: () => readPositions(db, STATUS_TOPIC),
    compare: async (events) => {
      const compared = await compareProjection(db, events);
      return compared.map((one) => (one instanceof RowRefused ? null : one));
    },
    findAhead: (ids) => findAhead(db, ids),
    showAgain: (events) => showAgain(db, events),
    traceAgain: (events) => traceAgain(db, events),
  };
}

/** What somebody at a terminal can do something about, in a sentence. */
export function explained(error: unknown): unknown {
  if (error instanceof DatabaseAway)
    return new CommandFailed(`Postgres cannot be asked: ${error.message}. DATABASE_URL says where it is.`);
  if (error instanceof RegistryAway)
    return new CommandFailed(
      `A schema is needed, and ${error.message}. SCHEMA_REGISTRY_URL says where it is.`,
    );
  if (error instanceof KafkaAway)
    return new CommandFailed(`Kafka cannot be read: ${error.message}. KAFKA_BROKERS says where it is.`);
  return error;
}

async function ofKafka<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw new KafkaAway(error instanceof Error ? error.message : String(error), { cause: error });
  });
}
