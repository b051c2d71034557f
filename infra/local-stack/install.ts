import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '../paths.ts';
import { claimFolder, holderOf } from '../process/claim.ts';
import type { Progress } from '../screen.ts';
import { UserError } from '../user-error.ts';
import { waitUntil } from '../wait.ts';
import { followMaven } from './maven-progress.ts';
import { requireToInstall } from './requirements.ts';

export type Binaries = { kafkaJars: string; registryJar: string; postgresBin: string; redisServer: string };

const pom = join(import.meta.dirname, 'pom.xml');
const os = process.platform === 'darwin' ? 'darwin' : 'linux';
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const postgresPlatform = `${os}-${architecture === 'arm64' ? 'arm64v8' : 'amd64'}`;

/** The binaries of the stack, installed by Maven at the first start and again whenever the pom changes. */
export async function installBinaries(onProgress: Progress, signal?: AbortSignal): Promise<Binaries> {
  const dir = join(stateDir, 'bin', versionKey());
  if (!existsSync(dir)) await installOnce(dir, onProgress, signal);
  return {
    kafkaJars: join(dir, 'kafka/*'),
    registryJar: find(join(dir, 'registry'), (name) => name.endsWith('-runner.jar')),
    postgresBin: join(dir, 'postgres/bin'),
    redisServer: find(join(dir, 'redis'), (name) => name.endsWith(`-${os}-${architecture}`)),
  };
}

function versionKey(): string {
  return createHash('sha256').update(readFileSync(pom)).update(postgresPlatform).digest('hex').slice(0, 12);
}

/** One install at a time: Maven's own cache does not stand two, and the second finds everything done. */
async function installOnce(dir: string, onProgress: Progress, signal?: AbortSignal): Promise<void> {
  requireToInstall();
  const lockDir = join(stateDir, 'install');
  const other = holderOf(lockDir);
  if (other !== undefined) onProgress(`install waits for the one that pid ${other} is doing`);
  await waitUntil(() => holderOf(lockDir) === undefined || signal?.aborted === true, 600_000, 500);
  signal?.throwIfAborted();
  const lock = claimFolder(lockDir);
  try {
    if (!existsSync(dir)) await installInto(dir, onProgress, signal);
  } finally {
    lock.release();
  }
}

/** Fills a folder beside the final one, so that what has the final name is complete. */
async function installInto(dir: string, onProgress: Progress, signal?: AbortSignal): Promise<void> {
  const partial = `${dir}.partial`;
  rmSync(partial, { recursive: true, force: true });
  await runMaven(partial, onProgress, signal);
  unpackPostgres(join(partial, 'postgres'));
  const redis = join(partial, 'redis');
  chmodSync(
    find(redis, (name) => name.endsWith(`-${os}-${architecture}`)),
    0o755,
  );
  mkdirSync(join(stateDir, 'bin'), { recursive: true });
  renameSync(partial, dir);
}

async function runMaven(into: string, onProgress: Progress, signal?: AbortSignal): Promise<void> {
  const settings = [`-Dinstall.directory=${into}`, `-Dpostgres.platform=${postgresPlatform}`];
  const maven = spawn('mvn', ['-B', '-f', pom, ...settings, 'package'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  await followMaven(maven, onProgress);
}

/** The jar holds the files as tar with xz, which keeps their modes and links. */
function unpackPostgres(dir: string): void {
  const archive = find(dir, (name) => name.endsWith('.txz'));
  const { status, stderr } = spawnSync('tar', ['-xJf', archive, '-C', dir], { encoding: 'utf8' });
  if (status !== 0) throw new UserError(`Unpacking Postgres failed: ${stderr.trim()}`);
  rmSync(archive);
}

function find(dir: string, matches: (name: string) => boolean): string {
  const name = readdirSync(dir).find(matches);
  if (name !== undefined) return join(dir, name);
  throw new UserError(`${dir} is incomplete: remove ${join(stateDir, 'bin')} and start again.`);
}
