import {
  authSettings,
  databaseSettings,
  openOnLoopbackOnly,
  origins,
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
    ALLOWED_ORIGINS: origins()
      .default([])
      .describe(
        'Origins of web pages that may listen, https://app.example.com, comma-separated; pages of the same host always may',
      ),
    SOCKETS_MAX: positiveInt().default(10_000).describe('Open sockets of this process at most'),
    SOCKETS_PER_KEY_MAX: positiveInt()
      .default(1_000)
      .describe('Open sockets of one API key in this process at most'),
  }),
);
