import { endLeftovers } from '../process/children.ts';
import { type Claim, claimFolder } from '../process/claim.ts';
import type { Progress } from '../screen.ts';
import { type Binaries, installBinaries } from './install.ts';
import type { Tuning } from './jvm.ts';
import { brokers, kafkaPart } from './kafka.ts';
import {
  type Part,
  type PartDeps,
  type PartExit,
  type PartName,
  type PartProcess,
  startPart,
} from './part.ts';
import { freePort, requireFreePorts, type WantedPort } from './ports.ts';
import { databaseUrl, postgresPart } from './postgres.ts';
import { redisPart, redisUrl } from './redis.ts';
import { registryPart, registryUrl } from './registry.ts';
import { requireToRun } from './requirements.ts';

export type { PartExit, PartName, PartProcess } from './part.ts';

export type StackPorts = Record<PartName, number>;
export type Addresses = {
  DATABASE_URL: string;
  REDIS_URL: string;
  KAFKA_BROKERS: string;
  SCHEMA_REGISTRY_URL: string;
};

export type StackOptions = {
  /** Data and logs; `stop` keeps them, so that a later start goes on with them. */
  dir: string;
  ports: StackPorts | 'free';
  onProgress: Progress;
  /** `load` costs seconds at the start and lets the JVMs optimise. */
  tuned?: Tuning;
  /** A part ended that nobody told to. */
  onExit?: (exit: PartExit) => void;
  /** Other ports the caller will want: checked with those of the stack, before anything starts. */
  otherPorts?: WantedPort[];
  /** Gives a start up: what runs by then is stopped, and the promise rejects with the signal's reason. */
  signal?: AbortSignal;
};

export type LocalStack = {
  addresses: Addresses;
  processes: Record<PartName, PartProcess>;
  /** Ends every part, whatever it takes: after 10 s by SIGKILL. */
  stop(): Promise<void>;
};

/**
 * Kafka, a schema registry, Postgres and Redis as plain processes on 127.0.0.1: real ones, without Docker. Needs Java
 * and, the first time, Maven. One supervisor per `dir`; what a killed one left running there is ended first.
 *
 * @throws UserError for everything a person can mend: no Java, a taken port, a full disk, a second start.
 */
export async function startLocalStack(options: StackOptions): Promise<LocalStack> {
  requireToRun();
  const claim = claimFolder(options.dir);
  try {
    await endLeftovers(options.onProgress);
    const binaries = await installBinaries(options.onProgress, options.signal);
    const ports = await choosePorts(options);
    const parts = describeParts(options, binaries, ports, await freePort());
    const processes = await startAll(parts, toPartDeps(options), options.onProgress);
    return { addresses: addressesOf(ports), processes, stop: () => stopAll(processes, claim) };
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** The setting of `npm start` that moves each part elsewhere. */
export const PORT_SETTINGS: Record<PartName, string> = {
  postgres: 'POSTGRES_PORT',
  redis: 'REDIS_PORT',
  kafka: 'KAFKA_PORT',
  registry: 'REGISTRY_PORT',
};

async function choosePorts({ ports, otherPorts = [] }: StackOptions): Promise<StackPorts> {
  if (ports === 'free')
    return {
      postgres: await freePort(),
      redis: await freePort(),
      kafka: await freePort(),
      registry: await freePort(),
    };
  const names: PartName[] = ['postgres', 'redis', 'kafka', 'registry'];
  const own = names.map((name) => ({ name, port: ports[name], setting: PORT_SETTINGS[name] }));
  await requireFreePorts([...own, ...otherPorts]);
  return ports;
}

type Parts = Record<PartName, Part>;

function describeParts(
  options: StackOptions,
  bin: Binaries,
  ports: StackPorts,
  controllerPort: number,
): Parts {
  const { dir, tuned = 'start' } = options;
  return {
    postgres: postgresPart({ bin: bin.postgresBin, dir, port: ports.postgres }),
    redis: redisPart({ server: bin.redisServer, dir, port: ports.redis }),
    kafka: kafkaPart({ jars: bin.kafkaJars, dir, port: ports.kafka, controllerPort, tuned }),
    registry: registryPart({ jar: bin.registryJar, dir, port: ports.registry, tuned }),
  };
}

function addressesOf(ports: StackPorts): Addresses {
  return {
    DATABASE_URL: databaseUrl(ports.postgres),
    REDIS_URL: redisUrl(ports.redis),
    KAFKA_BROKERS: brokers(ports.kafka),
    SCHEMA_REGISTRY_URL: registryUrl(ports.registry),
  };
}

function toPartDeps(options: StackOptions): PartDeps {
  return {
    onExit: options.onExit ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
  };
}

type Processes = Record<PartName, PartProcess>;

/** All at once; when one fails, those that came up are stopped before the failure is told. */
async function startAll(parts: Parts, deps: PartDeps, onProgress: Progress): Promise<Processes> {
  const start = async (part: Part): Promise<PartProcess> => {
    const process = await startPart(part, deps);
    onProgress(`${part.name} answers on 127.0.0.1:${part.port}`);
    return process;
  };
  const results = await Promise.allSettled([
    start(parts.postgres),
    start(parts.redis),
    start(parts.kafka),
    start(parts.registry),
  ]);
  const up = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  const [postgres, redis, kafka, registry] = up;
  if (postgres && redis && kafka && registry) return { postgres, redis, kafka, registry };
  await Promise.all(up.map((process) => process.stop()));
  throw results.find((result) => result.status === 'rejected')?.reason;
}

async function stopAll(processes: Processes, claim: Claim): Promise<void> {
  await Promise.all(Object.values(processes).map((process) => process.stop()));
  claim.release();
}
