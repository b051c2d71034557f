import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Progress } from '../screen.ts';
import { UserError } from '../user-error.ts';

/** What the four parts weigh with all they depend on; a little is there already where Maven was used before. */
const TOTAL_MB = 240;
const REPORT_EVERY_MS = 500;
const UNIT_MB: Record<string, number> = { B: 1e-6, kB: 1e-3, MB: 1, GB: 1e3 };

/** Tells how far a Maven run is, by what Maven prints, and why it failed when it does. */
export async function followMaven(maven: ChildProcess, onProgress: Progress): Promise<void> {
  const state = { megabytes: 0, file: '', errors: new Array<string>() };
  const timer = setInterval(() => onProgress(describe(state), 'moving'), REPORT_EVERY_MS);
  onProgress(`maven fetches all four (about ${TOTAL_MB} MB, once)`);
  if (maven.stdout !== null) createInterface(maven.stdout).on('line', (line) => read(line, state));
  maven.stderr?.resume();
  try {
    await once(maven, 'close');
  } finally {
    clearInterval(timer);
  }
  if (maven.exitCode !== 0) throw new UserError(explain(state.errors));
  onProgress('maven is done');
}

type State = { megabytes: number; file: string; errors: string[] };

function read(line: string, state: State): void {
  const [, size, unit] = /Downloaded from .*\((\d+(?:\.\d+)?) ([kMG]?B) at /.exec(line) ?? [];
  if (size !== undefined && unit !== undefined) state.megabytes += Number(size) * (UNIT_MB[unit] ?? 0);
  const [, file] = /Downloading from .*\/([^/]+)$/.exec(line) ?? [];
  if (file !== undefined) state.file = file;
  if (line.startsWith('[ERROR]')) state.errors.push(line.slice('[ERROR] '.length));
}

const FILE_WIDTH = 36;

function describe({ megabytes, file }: State): string {
  return `maven ${megabytes.toFixed(0)} MB so far${file === '' ? '' : `, now ${file.slice(0, FILE_WIDTH)}`}`;
}

function explain(errors: string[]): string {
  // Maven tells the whole chain; what could not be fetched, and why, stands at its end.
  const first = (errors[0] ?? 'it printed no reason').replace(/^.*(Could not transfer)/, '$1');
  const isNetwork = /transfer|resolve|Unknown host|timed out|refused/i.test(first);
  const advice = isNetwork
    ? 'Check the network, or the proxy and mirror in ~/.m2/settings.xml, and start again; what was fetched is kept.'
    : 'Run it by hand to see more: mvn -f infra/local-stack package';
  return `Maven could not install the local stack: ${first.slice(0, 400)}\n${advice}`;
}
