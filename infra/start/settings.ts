import { dirname, join, relative, resolve } from 'node:path';
import { PORT_SETTINGS, type PartName, type StackPorts } from '../local-stack/stack.ts';
import type { WantedPort } from '../local-stack/ports.ts';
import { rootDir, stateDir } from '../paths.ts';
import { portOf, services, urlOf } from '../services.ts';
import { UserError } from '../user-error.ts';

export type StartSettings = {
  dataDir: string;
  logDir: string;
  stackPorts: StackPorts;
  servicePorts: WantedPort[];
  /** What the services get on top of the environment of `npm start` and the stack's addresses. */
  env: NodeJS.ProcessEnv;
};

/** Out of the way of what a developer's machine may run already, under the same last digits. */
const STACK_PORTS: StackPorts = { kafka: 29_092, registry: 28_081, postgres: 25_432, redis: 26_379 };
/** A retry should be watched, not waited for: the services' own are 30s,1m,2m,4m. */
const RETRY_DELAYS = '2s,4s,8s,16s';

export function readSettings(env: NodeJS.ProcessEnv): StartSettings {
  const dataDir = resolve(env['DATA_DIR'] ?? join(stateDir, 'data'));
  return {
    dataDir,
    logDir: join(dirname(dataDir), 'logs'),
    stackPorts: {
      kafka: stackPort('kafka', env),
      registry: stackPort('registry', env),
      postgres: stackPort('postgres', env),
      redis: stackPort('redis', env),
    },
    servicePorts: services.map(({ name, portSetting }) => ({
      name,
      port: portOf(name, env),
      setting: portSetting,
    })),
    env: {
      RETRY_DELAYS: env['RETRY_DELAYS'] ?? RETRY_DELAYS,
      PROVIDER_URL: env['PROVIDER_URL'] ?? `${urlOf('simulator', env)}/`,
    },
  };
}

/** A path as one would type it in the checkout. */
export function shown(path: string): string {
  const inside = relative(rootDir, path);
  return inside.startsWith('..') ? path : inside;
}

function stackPort(name: PartName, env: NodeJS.ProcessEnv): number {
  const setting = PORT_SETTINGS[name];
  const value = env[setting];
  if (value === undefined || value === '') return STACK_PORTS[name];
  if (/^\d{1,5}$/.test(value)) return Number(value);
  throw new UserError(`${setting} must be a port, got "${value}".`);
}
