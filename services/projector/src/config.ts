import { databaseSettings, kafkaSettings, port, redisSettings, serviceSettings, z } from '@fanfare/runtime';

export const config = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  ...redisSettings,
  HTTP_PORT: port().default(8084).describe('Port of health and metrics'),
});
