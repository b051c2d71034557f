import {
  databaseSettings,
  kafkaSettings,
  port,
  redisSettings,
  serviceSettings,
  text,
  z,
} from '@fanfare/runtime';

export const config = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  ...redisSettings,
  PROJECTOR_GROUP: text()
    .default('projector')
    .describe('The Kafka consumer group of all projectors of one database; .dlq is added for dead letters'),
  HTTP_PORT: port().default(8084).describe('Port of health and metrics'),
});
