import { z } from 'zod';
import type { serviceSettings } from './common-settings.ts';
import { ConfigError, describeConfig, explainConfig, loadConfig } from './config.ts';
import type { Config, Environment } from './config.ts';
import { createHealth, serveHealth } from './health.ts';
import type { Checks, Detail, Health } from './health.ts';
import { createLogger } from './logger.ts';
import type { Logger } from './logger.ts';
import { collectProcessMetrics } from './metrics.ts';
import { onStopSignal, stopInTwoPhases } from './stop.ts';

/** What a service has to say once it is up. */
export type RunningService = {
  /** What it needs to be ready, by name. */
  checks: Checks;
  /** What `/healthz/ready` tells beside that. */
  detail?: () => Detail;
  /** Takes nothing new, finishes what is in flight, closes. The signal aborts when the time for that is over. */
  stop: (signal: AbortSignal) => Promise<void>;
  /** What is still unfinished, in numbers; asked when a stop runs out of time. */
  left?: () => Record<string, unknown>;
};

export type ServiceContext<C> = {
  name: string;
  config: C;
  log: Logger;
  health: Health;
  /** Ends the process over what it cannot go on from; whoever supervises starts it again. */
  fail: (error: unknown) => void;
};

/** A schema with `serviceSettings` in it. */
export type ServiceSchema = z.ZodObject<typeof serviceSettings & Record<string, z.ZodType>>;

export type Service<S extends ServiceSchema> = {
  name: string;
  /** Its settings; a function when which settings there are depends on others. */
  config: S | ((env: Environment) => S);
  /** The port of `/healthz` and `/metrics`; left out by a service that mounts `health` on a server of its own. */
  healthPort?: (config: Config<S>) => number;
  start: (context: ServiceContext<Config<S>>) => Promise<RunningService>;
};

/**
 * The life of a service process: settings, start, stop signal, bounded clean stop, and a hard stop when that is not
 * enough. Wrong settings and a failed start exit with 1 and say why in a line; whoever supervises starts it again.
 */
export async function runService<S extends ServiceSchema>(service: Service<S>): Promise<void> {
  const { name } = service;
  const config = settingsOf(service);
  const { LOG_LEVEL: level, STOP_TIMEOUT_MS: timeoutMs, HOST: host } = commonConfig.parse(config);
  const log = createLogger({ service: name, level });
  exitOnBugs(log);
  log.info('settings', { settings: describeConfig(config) });
  collectProcessMetrics(name);

  let readiness: Checks | string = 'starting';
  let detail: RunningService['detail'];
  const health = createHealth(
    () => readiness,
    () => detail?.() ?? {},
  );
  const starting = begin(
    service,
    { name, config, log, health, fail: (error) => void fail(log, 'cannot go on', error) },
    host,
  );
  const stop = async () => {
    readiness = 'stopping';
    const code = await stopInTwoPhases({ starting, timeoutMs, log });
    await log.flush();
    exit(code);
  };
  onStopSignal({ log, stop: () => void stop(), exit });
  const running = await starting.catch((error: unknown) => fail(log, 'cannot start', error));
  log.info('started', { startedInMs: Math.round(performance.now()) });
  detail = running.detail;
  if (readiness === 'starting') readiness = running.checks;
}

/** The part of a service's settings that is read here, which a generic schema hides from the type system. */
const commonConfig = z.object({
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']),
  STOP_TIMEOUT_MS: z.number(),
  HOST: z.string(),
});

function settingsOf<S extends ServiceSchema>({ name, config: given }: Service<S>): Config<S> {
  const schema = typeof given === 'function' ? given(process.env) : given;
  if (process.argv.includes('--help')) {
    process.stdout.write(`${name} is set by environment variables:\n\n${explainConfig(schema)}\n`);
    exit(0);
  }
  try {
    return loadConfig(schema);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name} does not start, its settings are wrong:\n${error.message}\n`);
    return exit(1);
  }
}

/** Health answers before the service does: a slow start is alive, but not ready. */
async function begin<S extends ServiceSchema>(
  { healthPort, start }: Service<S>,
  context: ServiceContext<Config<S>>,
  host: string,
): Promise<RunningService> {
  if (healthPort !== undefined) {
    const { port } = await serveHealth(context.health, { host, port: healthPort(context.config) });
    context.log.info('health answers', { host, port });
  }
  return start(context);
}

function exitOnBugs(log: Logger): void {
  process.on('uncaughtException', (error) => void fail(log, 'uncaught exception', error));
  process.on('unhandledRejection', (error) => void fail(log, 'unhandled rejection', error));
}

async function fail(log: Logger, what: string, error: unknown): Promise<never> {
  log.error(`${what}: ${reasonOf(error)}`, { error });
  await log.flush();
  return exit(1);
}

/** A connection error of Node has its address in its message; several addresses tried are several errors in one. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}

/** The only exit of the process. */
function exit(code: number): never {
  process.exit(code);
}
