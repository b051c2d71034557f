import {
  authSettings,
  databaseSettings,
  openOnLoopbackOnly,
  port,
  positiveInt,
  redisSettings,
  serviceSettings,
  z,
} from '@fanfare/runtime';

export const config = openOnLoopbackOnly(
  z.object({
    ...serviceSettings,
    ...authSettings,
    ...databaseSettings,
    ...redisSettings,
    GATEWAY_PORT: port().default(8081).describe('Port of the WebSocket, health and metrics'),
    SOCKETS_MAX: positiveInt().default(10_000).describe('Open sockets of this process at most'),
    SOCKETS_PER_KEY_MAX: positiveInt()
      .default(1_000)
      .describe('Open sockets of one API key in this process at most'),
  }),
);
