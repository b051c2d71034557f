import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../process/run.ts';
import { UserError } from '../user-error.ts';
import { JVM_FLAGS, type Tuning } from './jvm.ts';
import type { Part } from './part.ts';
import { answersWith } from './probe.ts';
import { javaCommand } from './requirements.ts';

type Deps = { jars: string; dir: string; port: number; controllerPort: number; tuned: Tuning };

/** Any id will do for a cluster of one; a fixed one lets the data move between ports and runs. */
const CLUSTER_ID = 'bm90aWZ5LWxvY2FsLXN0aw';

/** One broker that is its own controller (KRaft). */
export function kafkaPart(deps: Deps): Part {
  const data = join(deps.dir, 'kafka');
  const config = join(deps.dir, 'kafka.properties');
  const java = javaArguments(deps);
  return {
    name: 'kafka',
    port: deps.port,
    mark: config,
    logFile: join(deps.dir, 'logs/kafka.log'),
    async prepare() {
      writeFileSync(config, toProperties(settings(deps, data)));
      writeFileSync(logConfig(deps.dir), LOG_CONFIG);
      if (!existsSync(join(data, 'meta.properties'))) await format(java, config, data);
      return { command: javaCommand(), args: [...java, 'kafka.Kafka', config] };
    },
    // An ApiVersions request; its reply starts with the high bytes of its length.
    answers: () =>
      answersWith(deps.port, Buffer.from('0000000a0012000000000001ffff', 'hex'), Buffer.of(0, 0)),
  };
}

export function brokers(port: number): string {
  return `127.0.0.1:${port}`;
}

function settings({ port, controllerPort }: Deps, data: string): Record<string, string | number | boolean> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': data,
    // One broker cannot keep the three copies that Kafka wants by default.
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // A mistyped topic is an error, not a new topic.
    'auto.create.topics.enable': false,
    // A group starts with its first member instead of waiting 3 s for others.
    'group.initial.rebalance.delay.ms': 0,
    // Tests of a killed worker choose short sessions.
    'group.min.session.timeout.ms': 1_000,
    // Some 150 partitions: 50 more for offsets, and 20 MB of index each, would slow every start for nothing.
    'offsets.topic.num.partitions': 8,
    'log.index.size.max.bytes': 1_048_576,
    // The default of 128 MB is a quarter of the heap, for two small compacted topics.
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
}

function javaArguments({ jars, dir, tuned }: Deps): string[] {
  return [
    '-Xms128m',
    '-Xmx512m',
    ...JVM_FLAGS[tuned],
    '-cp',
    jars,
    `-Dlog4j2.configurationFile=${logConfig(dir)}`,
  ];
}

function logConfig(dir: string): string {
  return join(dir, 'log4j2.yaml');
}

const LOG_CONFIG = `Configuration:
  status: error
  Appenders: { Console: { name: out, PatternLayout: { pattern: "%d %p %c %m%n" } } }
  Loggers: { Root: { level: warn, AppenderRef: { ref: out } } }
`;

function toProperties(entries: Record<string, string | number | boolean>): string {
  const lines = Object.entries(entries).map(([name, value]) => `${name}=${value}\n`);
  return lines.join('');
}

async function format(java: string[], config: string, data: string): Promise<void> {
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const args = [...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', config];
  const { code, output } = await runToEnd({ command: javaCommand(), args });
  if (code !== 0) throw new UserError(`Kafka could not create its data folder: ${output.trim()}`);
}
