export { ConfigError, describeConfig, explainConfig, loadConfig, z } from './config.ts';
export type { Config, ConfigSchema, Environment } from './config.ts';
export {
  boolean,
  durationMs,
  durationsMs,
  hostPorts,
  integer,
  names,
  oneOf,
  port,
  positiveInt,
  proxies,
  ratio,
  secret,
  someOf,
  text,
  url,
} from './settings.ts';
export {
  authSettings,
  databaseSettings,
  kafkaSettings,
  openOnLoopbackOnly,
  redisSettings,
  serviceSettings,
} from './common-settings.ts';
export { createLogger } from './logger.ts';
export type { LogFields, LogLevel, Logger } from './logger.ts';
export { counter, gauge, histogram, metricsText } from './metrics.ts';
export { extractContext, injectContext, noTrace, startSpan, traceparentOf } from './tracing.ts';
export type { ActiveSpan, CarrierHeaders, TraceContext } from './tracing.ts';
export { createHealth, serveHealth } from './health.ts';
export type { Check, Health, HealthAnswer } from './health.ts';
export { runService } from './service.ts';
export type { RunningService, ServiceContext } from './service.ts';
export { QueueFull, grouped } from './grouped.ts';
export type { Grouped } from './grouped.ts';
export { backoffMs } from './backoff.ts';
export { inTime } from './in-time.ts';
export { Stopped, unlessStopped, untilDone } from './until-done.ts';
export { every } from './every.ts';
export type { Every } from './every.ts';
