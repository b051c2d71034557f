import { type Channel, CHANNELS } from '@fanfare/contracts';
import { type ContentLimits, DEFAULT_CONTENT_LIMITS, DEFAULT_RETRY_DELAYS_MS } from '@fanfare/domain';
import {
  type Config,
  databaseSettings,
  durationMs,
  durationsMs,
  type Environment,
  integer,
  kafkaSettings,
  port,
  positiveInt,
  serviceSettings,
  redisSettings,
  someOf,
  text,
  z,
} from '@fanfare/runtime';
import { faultsOf, providerSettings } from './provider-settings.ts';

const contentLimit = (channel: Channel) =>
  positiveInt()
    .default(DEFAULT_CONTENT_LIMITS[channel])
    .describe(`Longest content of ${channel} taken straight from Kafka, in code points`);

const outboundRate = (channel: Channel) => integer().optional().describe(`The same for ${channel} alone`);

/** The window moves on in tenths, each by a timer. */
const CIRCUIT_WINDOW_MIN_MS = 100;

const settings = z.object({
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  ...redisSettings,
  HTTP_PORT: port().default(8082).describe('Port of health and metrics'),
  CHANNELS: someOf(CHANNELS)
    .default([...CHANNELS])
    .describe('The channels this process serves'),
  PROVIDER_TIMEOUT_MS: durationMs().default(10_000).describe('How long a provider may take to answer'),
  DELIVERY_CONCURRENCY: positiveInt()
    .default(100)
    .describe('Notifications of a channel that are being delivered at once by this process'),
  SMTP_CONNECTIONS: positiveInt()
    .default(10)
    .describe('Most connections of this process to a mail server; many servers allow 10 to 20'),
  EMAIL_FROM: text()
    .optional()
    .describe('The sender of e-mail that goes out by SMTP, Fanfare <noreply@example.org>'),
  OUTBOUND_RATE_PER_CHANNEL: integer()
    .default(100)
    .describe('Calls a second that each provider of a channel gets at most from all processes; 0: no limit'),
  OUTBOUND_RATE_SMS: outboundRate('sms'),
  OUTBOUND_RATE_EMAIL: outboundRate('email'),
  OUTBOUND_RATE_PUSH: outboundRate('push'),
  CIRCUIT_MAX_FAILURES: positiveInt()
    .default(5)
    .describe('So many failed calls of a provider, if they are half of all, open its circuit'),
  CIRCUIT_WINDOW_MS: durationMs()
    .refine((ms) => ms >= CIRCUIT_WINDOW_MIN_MS, `must be at least ${CIRCUIT_WINDOW_MIN_MS} ms`)
    .default(10_000)
    .describe('How long a failed call counts'),
  CIRCUIT_OPEN_MS: durationMs()
    .default(30_000)
    .describe('How long an open circuit keeps calls from a provider before one may try it'),
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
});

/** The settings of a delivery process. */
export function config(env: Environment): typeof settings {
  return z.object({ ...providerSettings(env), ...settings.shape }).superRefine((given, context) => {
    for (const [setting, message] of faultsOf(given))
      context.addIssue({ code: 'custom', path: [setting], message });
  });
}

export function contentLimits(given: Config<typeof settings>): ContentLimits {
  return {
    sms: given.CONTENT_LIMIT_SMS,
    email: given.CONTENT_LIMIT_EMAIL,
    push: given.CONTENT_LIMIT_PUSH,
  };
}

/** Calls a second to the providers of a channel, over all processes; 0: no limit. */
export function outboundRateOf(given: Config<typeof settings>, channel: Channel): number {
  const own: Record<Channel, number | undefined> = {
    sms: given.OUTBOUND_RATE_SMS,
    email: given.OUTBOUND_RATE_EMAIL,
    push: given.OUTBOUND_RATE_PUSH,
  };
  return own[channel] ?? given.OUTBOUND_RATE_PER_CHANNEL;
}
