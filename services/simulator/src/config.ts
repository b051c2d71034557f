import { boolean, durationMs, integer, port, positiveInt, ratio, serviceSettings, z } from '@fanfare/runtime';
import type { Config } from '@fanfare/runtime';
import type { Behaviour } from './behaviour.ts';

export const config = z
  .object({
    ...serviceSettings,
    HTTP_PORT: port().default(8090).describe('Port of the simulated provider'),
    SIMULATOR_LATENCY_MS: durationMs().default(0).describe('How long an answer takes, in milliseconds'),
    SIMULATOR_JITTER_MS: durationMs().default(0).describe('Up to how much longer it takes, evenly spread'),
    SIMULATOR_FAIL_RATE: ratio().default(0).describe('Share of requests answered with 503'),
    SIMULATOR_THROTTLE_RATE: ratio().default(0).describe('Share of requests answered with 429'),
    SIMULATOR_HANG_RATE: ratio().default(0).describe('Share of requests that are never answered'),
    SIMULATOR_DROP_RATE: ratio()
      .default(0)
      .describe('Share of requests read and then dropped with their connection'),
    SIMULATOR_RETRY_AFTER_SECONDS: integer({ max: 86_400 })
      .default(1)
      .describe('What a 429 says in Retry-After, in seconds'),
    SIMULATOR_LOG_MAX: positiveInt().default(200_000).describe('Requests kept for GET /log, the newest'),
    SIMULATOR_LOG_BYTES_MAX: positiveInt()
      .default(64 * 1024 * 1024)
      .describe('Bytes of content kept for GET /log'),
    SIMULATOR_LOG_CONTENT: boolean().default(true).describe('Whether GET /log has the content of messages'),
  })
  .refine(
    (all) =>
      all.SIMULATOR_FAIL_RATE +
        all.SIMULATOR_THROTTLE_RATE +
        all.SIMULATOR_HANG_RATE +
        all.SIMULATOR_DROP_RATE <=
      1,
    { path: ['SIMULATOR_FAIL_RATE'], message: 'must leave the sum of the four rates at 1 or less' },
  );

export function behaviourOf(settings: Config<typeof config>): Behaviour {
  return {
    latencyMs: settings.SIMULATOR_LATENCY_MS,
    jitterMs: settings.SIMULATOR_JITTER_MS,
    failRate: settings.SIMULATOR_FAIL_RATE,
    throttleRate: settings.SIMULATOR_THROTTLE_RATE,
    hangRate: settings.SIMULATOR_HANG_RATE,
    dropRate: settings.SIMULATOR_DROP_RATE,
    retryAfterSeconds: settings.SIMULATOR_RETRY_AFTER_SECONDS,
  };
}
