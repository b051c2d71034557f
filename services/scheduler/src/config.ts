import {
  databaseSettings,
  durationMs,
  kafkaSettings,
  port,
  positiveInt,
  serviceSettings,
  z,
} from '@fanfare/runtime';

export const config = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  HTTP_PORT: port().default(8085).describe('Port of health and metrics'),
  SCHEDULE_EVERY_MS: durationMs().default(250).describe('How often due notifications are looked for'),
  SCHEDULE_BATCH: positiveInt().default(1_000).describe('Due notifications released in one transaction'),
  RELAY_EVERY_MS: durationMs().default(1_000).describe('How often unpublished groups are looked for'),
});
