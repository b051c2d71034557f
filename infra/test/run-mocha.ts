import Mocha from 'mocha';
import { describeFailure } from '../user-error.ts';
import type { TestRun } from './arguments.ts';

export type Tally = { passed: number; failed: number; skipped: number };

/** After an abort the running test may be waiting for something that will never come. */
const ABORT_GRACE_MS = 5_000;

/** Runs the files in this process, one after another. An abort ends it after the test that is running. */
export async function runMocha({ files, options }: TestRun, signal: AbortSignal): Promise<Tally> {
  const mocha = new Mocha(options);
  for (const file of files) mocha.addFile(file);
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    console.error(describeFailure(error));
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return run(mocha, signal);
}

function run(mocha: Mocha, signal: AbortSignal): Promise<Tally> {
  return new Promise((resolve) => {
    const runner = mocha.run(() => resolve(tallyOf(runner)));
    signal.addEventListener('abort', () => {
      runner.abort();
      setTimeout(() => resolve(tallyOf(runner)), ABORT_GRACE_MS).unref();
    });
  });
}

function tallyOf({ stats }: Mocha.Runner): Tally {
  return { passed: stats?.passes ?? 0, failed: stats?.failures ?? 0, skipped: stats?.pending ?? 0 };
}

export function describeTally({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
