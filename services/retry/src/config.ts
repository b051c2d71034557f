import { kafkaSettings, port, serviceSettings, z } from '@fanfare/runtime';

export const config = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  HTTP_PORT: port().default(8083).describe('Port of health and metrics'),
});
