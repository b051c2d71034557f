import { connectDatabase, type Database } from '@fanfare/db';
import type { LocalStack } from '@fanfare/infra/local-stack';
import { connectKafka, createSerde, type KafkaHandle, type Serde } from '@fanfare/kafka';

/** Whoever can be asked what really happened. */
export type Witnesses = {
  db: Database;
  kafka: KafkaHandle;
  serde: Serde;
  simulatorUrl: string;
  addresses: LocalStack['addresses'];
  close: () => Promise<void>;
};

export function connectWitnesses({
  addresses,
  simulatorUrl,
}: Pick<Witnesses, 'addresses' | 'simulatorUrl'>): Witnesses {
  const { DATABASE_URL, KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = addresses;
  const db = connectDatabase({ url: DATABASE_URL, connectionsMax: 2, log: { warn: ignore } });
  const kafka = connectKafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'chaos', log: silent });
  return {
    db,
    kafka,
    serde: createSerde({ registryUrl: SCHEMA_REGISTRY_URL }),
    simulatorUrl,
    addresses,
    close: async () => {
      await kafka.close();
      await db.close();
    },
  };
}

const silent = { error: ignore, warn: ignore, info: ignore, debug: ignore };

function ignore(): void {
  // What goes wrong here is either planned, or thrown.
}
