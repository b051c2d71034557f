import { join } from 'node:path';
import { run } from '../../journey/program.ts';
import type { Witnesses } from './witnesses.ts';

const FANFARE = join(import.meta.dirname, '../../../node_modules/.bin/fanfare');
/** It folds every status event there is. */
const TIMEOUT_MS = 5 * 60_000;
/** The first of many differences tell as much as all. */
const TOLD_CHARS_MAX = 2_000;

/** What `fanfare projection check` finds, or null when that is nothing. */
export async function checkProjection({ addresses }: Witnesses): Promise<string | null> {
  const options = { env: addresses, timeoutMs: TIMEOUT_MS };
  const { code, stdout, stderr } = await run(FANFARE, ['projection', 'check', '--limit', '10'], options);
  return code === 0 ? null : `${stdout.toString()}${stderr}`.slice(0, TOLD_CHARS_MAX);
}
