import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, run } from './program.ts';

/** What came of one request of a collection. */
export type BrunoResult = {
  /** Its path in the collection, without the extension. */
  path: string;
  /** Of the answer; null when there was none. */
  status: number | null;
  /** What did not hold. */
  faults: string[];
};

export const COLLECTION = join(import.meta.dirname, '..', '..', 'docs', 'bruno');
const PROGRAM = join(import.meta.dirname, 'bruno-cli');
const INSTALLED = join(import.meta.dirname, '..', '..', '.fanfare', 'bruno');
/** 276 MB of packages over a slow line. */
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const RUN_TIMEOUT_MS = 120_000;

/** Runs the collection from its first request to its last, as the app does. */
export async function runCollection(baseUrl: string): Promise<BrunoResult[]> {
  const bru = await installBruno();
  const dir = await mkdtemp(join(tmpdir(), 'fanfare-bruno-'));
  try {
    const report = join(dir, 'report.json');
    const settings = ['--env', 'local', '--env-var', `baseUrl=${baseUrl}`, '--noproxy'];
    // Its exit code says that something failed; the report says what.
    const { code, stdout, stderr } = await run(bru, ['run', '-r', ...settings, '--reporter-json', report], {
      cwd: COLLECTION,
      timeoutMs: RUN_TIMEOUT_MS,
    });
    if (!existsSync(report)) throw new Error(`bru ended with ${code}: ${stderr}${stdout.toString()}`);
    return resultsOf(await readFile(report, 'utf8'));
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Where `bru` is; installed once, and again when its lock file changes. */
async function installBruno(): Promise<string> {
  const lock = await readFile(join(PROGRAM, 'package-lock.json'));
  const dir = join(INSTALLED, createHash('sha256').update(lock).digest('hex').slice(0, 12));
  if (!existsSync(join(dir, 'complete'))) await install(dir);
  return join(dir, 'node_modules', '.bin', 'bru');
}

async function install(dir: string): Promise<void> {
  process.stdout.write('    installing @usebruno/cli, 276 MB on disk ...\n');
  // Half of it is left when a run is interrupted.
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  await cp(PROGRAM, dir, { recursive: true });
  await mustRun('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: dir,
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  await writeFile(join(dir, 'complete'), '');
}

/** Of bru's report, what is read here. */
type Report = { results: Reported[] }[];
type Reported = {
  path?: string;
  test: { filename: string };
  response: { status: number | null | string };
  error: string | null;
  assertionResults?: Check[];
  testResults?: Check[];
};
type Check = { status: string; lhsExpr?: string; rhsExpr?: string; description?: string; error?: string };

function resultsOf(text: string): BrunoResult[] {
  const report = JSON.parse(text) as Report;
  return report.flatMap(({ results }) => results).map(resultOf);
}

function resultOf({ test, response, error, assertionResults = [], testResults = [] }: Reported): BrunoResult {
  const failed = [...assertionResults, ...testResults].filter(({ status }) => status !== 'pass');
  return {
    path: test.filename.replace(/\.bru$/, ''),
    status: typeof response.status === 'number' ? response.status : null,
    faults: [
      ...(error === null ? [] : [error]),
      ...failed.map(
        (check) => `${check.lhsExpr ?? check.description} ${check.rhsExpr ?? ''}: ${check.error}`,
      ),
    ],
  };
}
