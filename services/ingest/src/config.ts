import type { Channel } from '@fanfare/contracts';
import { type ContentLimits, DEFAULT_CONTENT_LIMITS } from '@fanfare/domain';
import {
  authSettings,
  type Config,
  databaseSettings,
  durationMs,
  integer,
  kafkaSettings,
  openOnLoopbackOnly,
  port,
  positiveInt,
  proxies,
  redisSettings,
  serviceSettings,
  z,
} from '@fanfare/runtime';

const contentLimit = (channel: Channel) =>
  positiveInt()
    .default(DEFAULT_CONTENT_LIMITS[channel])
    .describe(`Longest content of ${channel}, in code points`);

export const config = openOnLoopbackOnly(
  z.object({
    ...serviceSettings,
    ...authSettings,
    ...kafkaSettings,
    ...databaseSettings,
    ...redisSettings,
    HTTP_PORT: port().default(8080).describe('Port of the REST API'),
    GATEWAY_PORT: port()
      .default(8081)
      .describe('Port of the WebSocket gateway that upgrades are forwarded to'),
    GATEWAY_HOST: z.string().default('127.0.0.1').describe('Host of that gateway'),
    CONTENT_LIMIT_SMS: contentLimit('sms'),
    CONTENT_LIMIT_EMAIL: contentLimit('email'),
    CONTENT_LIMIT_PUSH: contentLimit('push'),
    ACCEPT_CONNECTIONS: positiveInt().default(6).describe('Database connections, for accepting and reading'),
    REQUEST_TIMEOUT_MS: durationMs()
      .default(60_000)
      .describe('How long a request may take to arrive, its body included'),
    INBOUND_RATE_PER_MINUTE: integer({ max: 1_000_000_000 })
      .default(60)
      .describe(
        'Calls a caller may make in a minute, over all processes; a batch is one call, 0 is no limit',
      ),
    TRUST_PROXY: proxies()
      .default(0)
      .describe(
        'Whose X-Forwarded-For is believed, to tell callers without a key apart: how many proxies stand in front, or their addresses and networks, comma-separated',
      ),
  }),
);

/** What is asked of every request. */
export function requestRules(settings: Config<typeof config>) {
  return {
    limits: contentLimits(settings),
    requestTimeoutMs: settings.REQUEST_TIMEOUT_MS,
    allowedOrigins: settings.ALLOWED_ORIGINS,
  };
}

function contentLimits(settings: Config<typeof config>): ContentLimits {
  return {
    sms: settings.CONTENT_LIMIT_SMS,
    email: settings.CONTENT_LIMIT_EMAIL,
    push: settings.CONTENT_LIMIT_PUSH,
  };
}
