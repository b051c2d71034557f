import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { UserError } from '../user-error.ts';

/** What the four parts weigh with all they depend on; a little is there already where Maven was used before. */
const TOTAL_MB = 240;
const REPORT_EVERY_MS = 5_000;
const UNIT_MB: Record<string, number> = { B: 1e-6, kB: 1e-3, MB: 1, GB: 1e3 };

/** Tells how far a Maven run is, by what Maven prints, and why it failed when it does. */
export async function followMaven(maven: ChildProcess, onProgress: (line: string) => void): Promise<void> {
  const started = performance.now();
  const state = { megabytes: 0, file: '', errors: new Array<string>() };
  const timer = setInterval(() => onProgress(describe(state, started)), REPORT_EVERY_MS);
  onProgress(
    `fetching Kafka, the schema registry, Postgres and Redis with Maven (about ${TOTAL_MB} MB, once)`,
  );
  if (maven.stdout !== null) createInterface(maven.stdout).on('line', (line) => read(line, state));
  maven.stderr?.resume();
  try {
    await once(maven, 'close');
  } finally {
    clearInterval(timer);
  }
  if (maven.exitCode !== 0) throw new UserError(explain(state.errors));
  onProgress(`installed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

type State = { megabytes: number; file: string; errors: string[] };

function read(line: string, state: State): void {
  const [, size, unit] = /Downloaded from .*\((\d+(?:\.\d+)?) ([kMG]?B) at /.exec(line) ?? [];
  if (size !== undefined && unit !== undefined) state.megabytes += Number(size) * (UNIT_MB[unit] ?? 0);
  const [, file] = /Downloading from .*\/([^/]+)$/.exec(line) ?? [];
  if (file !== undefined) state.file = file;
  if (line.startsWith('[ERROR]')) state.errors.push(line.slice('[ERROR] '.length));
}

function describe({ megabytes, file }: State, started: number): string {
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  return `  ${megabytes.toFixed(0)} of about ${TOTAL_MB} MB, ${seconds} s${file === '' ? '' : `, now ${file}`}`;
}

function explain(errors: string[]): string {
  const first = errors[0] ?? 'it printed no reason';
  const isNetwork = /transfer|resolve|Unknown host|timed out|refused/i.test(first);
  const advice = isNetwork
    ? 'Check the network, or the proxy and mirror in ~/.m2/settings.xml, and start again; what was fetched is kept.'
    : `Run it by hand to see more: mvn -f infra/local-stack package`;
  return `Maven could not install the local stack: ${first.slice(0, 400)}\n${advice}`;
}
