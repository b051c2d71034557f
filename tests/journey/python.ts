import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, run } from './program.ts';

/** How to run a Python program that finds its packages. */
export type Python = { command: string; env: NodeJS.ProcessEnv };

/** Packages with everything below them, pinned. */
export type Packages = { requirements: string; what: string };

const HERE = import.meta.dirname;
const AVRO_PRODUCER: Packages = {
  requirements: join(HERE, 'requirements.txt'),
  what: 'confluent-kafka for the Avro producer, about 25 MB',
};
const VENVS = join(HERE, '..', '..', '.fanfare', 'venv');
/** 25 MB of packages over a slow line. */
const INSTALL_TIMEOUT_MS = 5 * 60_000;
const MISSING =
  'these tests run Python programs: install Python 3.10 or newer with venv or pip ' +
  '(Debian: apt-get install -y --no-install-recommends python3 python3-venv)';

/** A Python with these packages; made once, made again when they or Python change. */
export async function python(packages: Packages = AVRO_PRODUCER): Promise<Python> {
  const version = await run('python3', ['-c', 'import sys; print(sys.version)']).catch(() => null);
  if (version === null || version.code !== 0) throw new Error(MISSING);
  const wanted = Buffer.concat([version.stdout, await readFile(packages.requirements)]);
  const dir = join(VENVS, createHash('sha256').update(wanted).digest('hex').slice(0, 12));
  if (!existsSync(join(dir, 'complete'))) await make(dir, packages);
  return pythonIn(dir);
}

async function make(dir: string, { requirements, what }: Packages): Promise<void> {
  process.stdout.write(`    installing ${what} ...\n`);
  // Half an environment is left when a run is interrupted.
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const venv = await run('python3', ['-m', 'venv', join(dir, 'venv')]);
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--requirement',
    requirements,
  ];
  const install = { timeoutMs: INSTALL_TIMEOUT_MS };
  if (venv.code === 0) await mustRun(venvPython(dir), pip, install);
  else await installBeside(dir, [...pip, '--target', join(dir, 'packages')], install);
  await writeFile(join(dir, 'complete'), '');
}

/** Debian's Python may have pip and no venv. */
async function installBeside(dir: string, pip: string[], install: { timeoutMs: number }): Promise<void> {
  await rm(join(dir, 'venv'), { recursive: true, force: true });
  const hasPip = await run('python3', ['-m', 'pip', '--version']);
  if (hasPip.code !== 0) throw new Error(MISSING);
  await mustRun('python3', pip, install);
}

function pythonIn(dir: string): Python {
  return existsSync(venvPython(dir))
    ? { command: venvPython(dir), env: {} }
    : { command: 'python3', env: { PYTHONPATH: join(dir, 'packages') } };
}

function venvPython(dir: string): string {
  return join(dir, 'venv', 'bin', 'python');
}
