import { type Channel, CHANNELS } from '@fanfare/contracts';
import { type ContentLimits, DEFAULT_CONTENT_LIMITS, DEFAULT_RETRY_DELAYS_MS } from '@fanfare/domain';
import {
  type Config,
  databaseSettings,
  durationMs,
  durationsMs,
  kafkaSettings,
  port,
  positiveInt,
  serviceSettings,
  someOf,
  url,
  z,
} from '@fanfare/runtime';

/** A lease must outlive the call it covers, with room to settle it. */
const LEASE_MARGIN_MS = 2_000;

const httpUrl = () => url(['http', 'https']);
const contentLimit = (channel: Channel) =>
  positiveInt()
    .default(DEFAULT_CONTENT_LIMITS[channel])
    .describe(`Longest content of ${channel} taken straight from Kafka, in code points`);

export const config = z
  .object({
    ...serviceSettings,
    ...kafkaSettings,
    ...databaseSettings,
    HTTP_PORT: port().default(8082).describe('Port of health and metrics'),
    CHANNELS: someOf(CHANNELS)
      .default([...CHANNELS])
      .describe('The channels this process serves'),
    PROVIDER_URL: httpUrl()
      .default('http://127.0.0.1:8090/')
      .describe('Where the HTTP provider of every channel is, unless the channel has its own'),
    SMS_PROVIDER_URL: httpUrl().optional().describe('The HTTP provider of sms'),
    EMAIL_PROVIDER_URL: httpUrl().optional().describe('The HTTP provider of email'),
    PUSH_PROVIDER_URL: httpUrl().optional().describe('The HTTP provider of push'),
    PROVIDER_TIMEOUT_MS: durationMs().default(10_000).describe('How long a provider may take to answer'),
    DELIVERY_CONCURRENCY: positiveInt()
      .default(100)
      .describe('Notifications of a channel that are being delivered at once by this process'),
    LEASE_MS: durationMs()
      .default(12_000)
      .describe('How long a claimed attempt is this process’s own; after a crash others wait that long'),
    RETRY_DELAYS: durationsMs()
      .default([...DEFAULT_RETRY_DELAYS_MS])
      .describe('Waits between attempts, one retry topic each; later attempts take the last'),
    DELIVERY_CONNECTIONS: positiveInt().default(6).describe('Database connections'),
    CONTENT_LIMIT_SMS: contentLimit('sms'),
    CONTENT_LIMIT_EMAIL: contentLimit('email'),
    CONTENT_LIMIT_PUSH: contentLimit('push'),
  })
  .refine(({ LEASE_MS, PROVIDER_TIMEOUT_MS }) => LEASE_MS >= PROVIDER_TIMEOUT_MS + LEASE_MARGIN_MS, {
    path: ['LEASE_MS'],
    message: `must be at least PROVIDER_TIMEOUT_MS + ${LEASE_MARGIN_MS}`,
  });

export function providerUrl(settings: Config<typeof config>, channel: Channel): string {
  const own: Record<Channel, string | undefined> = {
    sms: settings.SMS_PROVIDER_URL,
    email: settings.EMAIL_PROVIDER_URL,
    push: settings.PUSH_PROVIDER_URL,
  };
  return own[channel] ?? settings.PROVIDER_URL;
}

export function contentLimits(settings: Config<typeof config>): ContentLimits {
  return {
    sms: settings.CONTENT_LIMIT_SMS,
    email: settings.CONTENT_LIMIT_EMAIL,
    push: settings.CONTENT_LIMIT_PUSH,
  };
}
