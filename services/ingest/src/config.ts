import type { Channel } from '@fanfare/contracts';
import { type ContentLimits, DEFAULT_CONTENT_LIMITS } from '@fanfare/domain';
import {
  type Config,
  databaseSettings,
  kafkaSettings,
  port,
  positiveInt,
  redisSettings,
  serviceSettings,
  z,
} from '@fanfare/runtime';

const contentLimit = (channel: Channel) =>
  positiveInt()
    .default(DEFAULT_CONTENT_LIMITS[channel])
    .describe(`Longest content of ${channel}, in code points`);

export const config = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  ...redisSettings,
  HTTP_PORT: port().default(8080).describe('Port of the REST API'),
  GATEWAY_PORT: port().default(8081).describe('Port of the WebSocket gateway that upgrades are forwarded to'),
  GATEWAY_HOST: z.string().default('127.0.0.1').describe('Host of that gateway'),
  CONTENT_LIMIT_SMS: contentLimit('sms'),
  CONTENT_LIMIT_EMAIL: contentLimit('email'),
  CONTENT_LIMIT_PUSH: contentLimit('push'),
  ACCEPT_CONNECTIONS: positiveInt().default(6).describe('Database connections, for accepting and reading'),
});
export function contentLimits(settings: Config<typeof config>): ContentLimits {
  return {
    sms: settings.CONTENT_LIMIT_SMS,
    email: settings.CONTENT_LIMIT_EMAIL,
    push: settings.CONTENT_LIMIT_PUSH,
  };
}
