import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** What the figures were measured on, and with. */
export type Machine = {
  cores: number;
  cpu: string;
  memoryBytes: number;
  system: string;
  /** Processes that wanted a core in the last minute before the run: others disturb what is measured. */
  loadBefore: number;
};

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cores: cores.length,
    cpu: cores[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** Of ourselves, and of what the figures depend on most. */
export function describeVersions(): Record<string, string> {
  const root = new URL('../../', import.meta.url);
  const { version } = readJson(new URL('package.json', root));
  return {
    fanfare: version,
    commit: gitCommit(root),
    node: process.versions.node,
    ...stackVersions(new URL('infra/local-stack/pom.xml', root)),
    express: readJson(new URL('../node_modules/express/package.json', import.meta.url)).version,
  };
}

function stackVersions(pom: URL): Record<string, string> {
  const properties = readFileSync(pom, 'utf8').matchAll(/<(\w+)\.version>([^<]+)</g);
  return Object.fromEntries(Array.from(properties, ([, name, version]) => [name, version]));
}

/** Ends in + when there were changes on top of it. */
function gitCommit(cwd: URL): string {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--exclude=*', '--dirty=+'], {
    cwd,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : 'unknown';
}

function readJson(file: URL): { version: string } {
  return JSON.parse(readFileSync(file, 'utf8')) as { version: string };
}
