import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '../paths.ts';
import { UserError } from '../user-error.ts';

const JAVA_MIN = 17;
const WITH_DOCKER = 'Or, where there is Docker: docker compose up -d --wait';
/** 0.5 GB of downloads and unpacked binaries, and room for a few days of local records. */
const DISK_MIN_BYTES = 1.5e9;

/** What running needs: checked at every start, before anything is touched. */
export function requireToRun(): void {
  requireDisk();
  requireJava();
}

/** What installing needs besides. */
export function requireToInstall(): void {
  requireTool('mvn', 'Maven', { apt: 'maven', brew: 'maven' }, WITH_DOCKER);
  requireTool('tar', 'tar', { apt: 'tar', brew: 'gnu-tar' });
  // The tar of macOS unpacks xz by itself.
  if (process.platform === 'linux') requireTool('xz', 'xz', { apt: 'xz-utils', brew: 'xz' });
}

export function javaCommand(): string {
  const home = process.env['JAVA_HOME'];
  return home === undefined || home === '' ? 'java' : join(home, 'bin/java');
}

function requireJava(): void {
  const packages = { apt: 'openjdk-17-jre-headless', brew: 'openjdk@17' };
  const { error, stderr } = spawnSync(javaCommand(), ['-version'], { encoding: 'utf8' });
  if (error !== undefined)
    throw new UserError(`Java ${JAVA_MIN} or newer is missing. ${howToInstall(packages)}\n${WITH_DOCKER}`);
  const [, version = '0'] = /version "([^"]+)"/.exec(stderr) ?? [];
  // Java 8 calls itself 1.8.
  const major = Number(/^(?:1\.)?(\d+)/.exec(version)?.[1] ?? 0);
  if (major >= JAVA_MIN) return;
  throw new UserError(
    `Java ${version} (${javaCommand()}) is too old, ${JAVA_MIN} or newer is needed.\n${howToInstall(packages)}\n` +
      'If a newer one is there already, point JAVA_HOME to it.',
  );
}

type Packages = { apt: string; brew: string };

function requireTool(command: string, name: string, packages: Packages, otherwise = ''): void {
  const { error } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (error !== undefined)
    throw new UserError(`${name} is missing. ${howToInstall(packages)}\n${otherwise}`.trimEnd());
}

function howToInstall({ apt, brew }: Packages): string {
  if (process.platform === 'darwin') return `Install it with: brew install ${brew}`;
  return `Install it with: sudo apt-get install -y ${apt}  (or your system's package of that name)`;
}

function requireDisk(): void {
  ensureStateDir();
  const { bavail, bsize } = statfsSync(stateDir);
  const freeBytes = bavail * bsize;
  if (freeBytes >= DISK_MIN_BYTES) return;
  throw new UserError(
    `The disk of ${stateDir} has ${gigabytes(freeBytes)} free, ${gigabytes(DISK_MIN_BYTES)} are needed.\n` +
      'Make room and start again; `npm start` keeps its data there, and removing that folder frees it.',
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function ensureStateDir(): void {
  try {
    mkdirSync(stateDir, { recursive: true });
    accessSync(stateDir, constants.W_OK);
  } catch {
    throw new UserError(
      `${stateDir} cannot be written: it may belong to root from an earlier run.\nRemove it with: sudo rm -rf ${stateDir}`,
    );
  }
}
