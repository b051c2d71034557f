/** Settings that more than one service has, in groups to spread into its schema. */
import { isIPv4 } from 'node:net';
import type { z } from 'zod';
import { durationMs, hostPorts, oneOf, origins, text, url } from './settings.ts';

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

/** Of services that clients call; together with {@link openOnLoopbackOnly}. */
export const authSettings = {
  AUTH_MODE: oneOf(['none', 'api-key'])
    .default('none')
    .describe('Who may call: `none` is everybody who reaches HOST, `api-key` who sends a key'),
  ALLOWED_ORIGINS: origins()
    .default([])
    .describe(
      'Origins of web pages that may call and listen, https://app.example.com, comma-separated; those of the address itself always may',
    ),
};

/** A rule for the whole schema: without keys nobody from another machine may call. */
export function openOnLoopbackOnly<
  S extends z.ZodObject<Pick<typeof serviceSettings, 'HOST'> & typeof authSettings>,
>(schema: S): S {
  return schema.refine(({ AUTH_MODE, HOST }) => AUTH_MODE !== 'none' || isLoopback(HOST), {
    path: ['AUTH_MODE'],
    message:
      'must be api-key where HOST is not a loopback address; `npx fanfare keys create` makes the first key',
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
