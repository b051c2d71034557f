import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { MochaOptions } from 'mocha';
import mocharc from '../../.mocharc.json' with { type: 'json' };
import { rootDir } from '../paths.ts';
import { UserError } from '../user-error.ts';

export type TestRun = { files: string[]; options: MochaOptions };

const ALL = ['packages/*/src', 'services/*/src', 'infra', 'tests'];

const OPTIONS = {
  grep: { type: 'string', short: 'g' },
  fgrep: { type: 'string', short: 'f' },
  invert: { type: 'boolean', short: 'i' },
  bail: { type: 'boolean', short: 'b' },
  reporter: { type: 'string', short: 'R' },
  timeout: { type: 'string', short: 't' },
} as const;

/** `npm test -- [-g PATTERN] [-b] [FILE or FOLDER…]`, named as mocha names them; without files, every test there is. */
export function readArguments(args: string[]): TestRun {
  const { values, positionals } = parse(args);
  const { reporter = 'spec', timeout = String(mocharc.timeout), ...rest } = values;
  const files = (positionals.length > 0 ? positionals : ALL).flatMap(testsIn);
  if (files.length === 0) throw new UserError(`No test file in ${positionals.join(', ')}.`);
  // A forgotten `.only` must not turn a hundred tests off unseen.
  const forbidOnly = Boolean(process.env['CI']);
  return { files, options: { ...rest, reporter, timeout: Number(timeout), forbidOnly } };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}

function testsIn(place: string): string[] {
  const isFolder =
    !place.includes('*') && statSync(join(rootDir, place), { throwIfNoEntry: false })?.isDirectory();
  const pattern = isFolder || ALL.includes(place) ? `${place}/**/*.test.ts` : place;
  const found = globSync(pattern, { cwd: rootDir, exclude: (name) => name === 'node_modules' });
  return found.toSorted().map((file) => join(rootDir, file));
}
