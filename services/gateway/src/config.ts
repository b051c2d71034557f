import { databaseSettings, port, redisSettings, serviceSettings, z } from '@fanfare/runtime';

export const config = z.object({
  ...serviceSettings,
  ...databaseSettings,
  ...redisSettings,
  GATEWAY_PORT: port().default(8081).describe('Port of the WebSocket, health and metrics'),
});
