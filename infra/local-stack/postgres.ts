import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../process/child.ts';
import { commandLine } from '../process/identity.ts';
import { runToEnd } from '../process/run.ts';
import { UserError } from '../user-error.ts';
import type { Part } from './part.ts';
import { answersWith } from './probe.ts';
import { asUnprivileged } from './unprivileged.ts';

const USER = 'fanfare';
/** The one that initdb makes. */
const DATABASE = 'postgres';

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  // A 202 is a promise: what was committed outlives a power cut, here as anywhere.
  fsync: 'on',
  // Seven services with pools of 10 to 20 each, and as many again in tests.
  max_connections: '200',
  shared_buffers: '256MB',
  wal_buffers: '16MB',
  // Checkpoints by the clock rather than by the amount written, which a load test fills in seconds.
  max_wal_size: '2GB',
  // Compiling pays for reports, not for statements that take a millisecond.
  jit: 'off',
};

export function postgresPart(deps: { bin: string; dir: string; port: number }): Part {
  const data = join(deps.dir, 'postgres');
  return {
    name: 'postgres',
    port: deps.port,
    mark: data,
    logFile: join(deps.dir, 'logs/postgres.log'),
    async prepare() {
      if (!existsSync(data)) await createData(deps.bin, data);
      removeStaleLock(data);
      const settings = Object.entries({ ...SETTINGS, port: String(deps.port) });
      const args = ['-D', data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
      // SIGINT is the fast stop: SIGTERM would wait for every client to leave by itself.
      return asUnprivileged({ command: join(deps.bin, 'postgres'), args, stopSignal: 'SIGINT' }, data);
    },
    answers: () => answersWith(deps.port, startupMessage(), Buffer.from('R')),
  };
}

export function databaseUrl(port: number): string {
  return `postgres://${USER}@127.0.0.1:${port}/${DATABASE}`;
}

/** Built beside its final place: what has the final name is complete, whenever this was interrupted. */
async function createData(bin: string, data: string): Promise<void> {
  const partial = `${data}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  const init = ['-D', partial, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await runOnce(asUnprivileged({ command: join(bin, 'initdb'), args: init }, partial));
  renameSync(partial, data);
}

async function runOnce(command: Command): Promise<void> {
  const { code, output } = await runToEnd(command);
  if (code !== 0) throw new UserError(`Postgres could not create its data folder: ${output.trim()}`);
}

/**
 * After a power cut the pid in Postgres' lock file may have become anyone's, and Postgres would refuse to start beside
 * it. Only then: with the pid gone, Postgres itself makes sure that no process of its old self is left.
 */
function removeStaleLock(data: string): void {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const holder = commandLine(Number.parseInt(readFileSync(file, 'utf8'), 10));
  if (holder !== undefined && !holder.includes(data)) rmSync(file, { force: true });
}

/** The first message of protocol 3.0; a server that takes sessions replies with R, one that still recovers with E. */
function startupMessage(): Buffer {
  const parameters = Buffer.from(`user\0${USER}\0database\0${DATABASE}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, parameters]);
}
