import { dirname, join } from 'node:path';

export const rootDir = dirname(import.meta.dirname);
/** Everything a local run leaves behind: binaries, data, logs. Ignored by git; removing it resets everything. */
export const stateDir = join(rootDir, '.fanfare');
