import { type Admin, Kafka, logLevel } from 'kafkajs';
import { clientLog, type Log } from './client-log.ts';
import { within } from './within.ts';

/** How to reach one Kafka cluster, and what all its readers and writers in this process share. */
export type KafkaHandle = {
  log: Log;
  /** A client of its own for each producer and consumer: kafkajs shares a group's offsets within a client. */
  newClient(): Kafka;
  /** One connected admin client, made at the first call and again after a failure. */
  admin(): Promise<Admin>;
  /** Ends the admin client. Publishers and consumptions are ended by themselves. */
  close(): Promise<void>;
};

/**
 * About 5 s of attempts inside kafkajs, the first ones quick: a broker that restarts is back in seconds. Whoever
 * called starts over after that, for as long as it takes.
 */
const RETRY = { initialRetryTime: 50, maxRetryTime: 1_000, multiplier: 2, retries: 8 };

const CLOSE_TIMEOUT_MS = 1_000;

/** Connects nothing yet: a service starts while Kafka is away. */
export function connectKafka(options: { brokers: string[]; clientId: string; log: Log }): KafkaHandle {
  const newClient = (): Kafka =>
    new Kafka({
      brokers: options.brokers,
      clientId: options.clientId,
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      retry: RETRY,
      logLevel: logLevel.INFO,
      logCreator: () => clientLog(options.log),
    });
  const shared = sharedAdmin(newClient);
  return {
    log: options.log,
    newClient,
    admin: shared.get,
    close: shared.close,
  };
}

function sharedAdmin(newClient: () => Kafka) {
  let connected: Promise<Admin> | null = null;

  async function connect(): Promise<Admin> {
    const admin = newClient().admin();
    await admin.connect();
    return admin;
  }

  function get(): Promise<Admin> {
    connected ??= connect().catch((error: unknown) => {
      connected = null;
      throw error;
    });
    return connected;
  }

  async function close(): Promise<void> {
    if (connected !== null)
      await within(
        CLOSE_TIMEOUT_MS,
        connected.then((admin) => admin.disconnect()),
      );
    connected = null;
  }

  return { get, close };
}
