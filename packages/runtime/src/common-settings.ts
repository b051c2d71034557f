/** Settings that more than one service has, in groups to spread into its schema. */
import { durationMs, hostPorts, oneOf, text, url } from './settings.ts';

/** Every service has these; `runService` reads them. */
export const serviceSettings = {
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('The least important log lines that are written'),
  HOST: text().default('127.0.0.1').describe('The address that servers listen on'),
  STOP_TIMEOUT_MS: durationMs()
    .default(25_000)
    .describe('How long a stop may take to finish work in flight, in milliseconds'),
};

export const kafkaSettings = {
  KAFKA_BROKERS: hostPorts()
    .default(['127.0.0.1:29092'])
    .describe('Kafka brokers to ask first, host:port, comma-separated'),
  SCHEMA_REGISTRY_URL: url(['http', 'https'])
    .default('http://127.0.0.1:28081/apis/ccompat/v7')
    .describe('Base URL of a registry that speaks the Confluent protocol'),
};

export const databaseSettings = {
  DATABASE_URL: url(['postgres', 'postgresql'])
    .default('postgres://fanfare@127.0.0.1:25432/postgres')
    .describe('The Postgres database'),
};

export const redisSettings = {
  REDIS_URL: url(['redis', 'rediss']).default('redis://127.0.0.1:26379').describe('The Redis server'),
};
