import { loadConfig } from '@fanfare/runtime';
import {
  type Command,
  type CommandDeps,
  DONE_CODE,
  FAILED_CODE,
  type Flag,
  type Given,
  INTERRUPTED_CODE,
  UsageError,
} from './command.ts';
import { progressOf } from './progress.ts';
import type { Finding } from './projection-findings.ts';
import { type Fold, foldAgain } from './projection-fold.ts';
import type { ProjectionLog } from './projection-log.ts';
import { counted, findingsTable, foldJson, type Mended, mendedOf, summaryOf } from './projection-report.ts';
import { mend } from './projection-repair.ts';

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 10_000;

const FLAGS = {
  limit: { value: 'N', help: `Show so many differences, ${LIMIT_DEFAULT} unless told, at most ${LIMIT_MAX}` },
  json: { help: 'Print JSON: counts, and as many differences under items' },
} satisfies Record<string, Flag>;

const KINDS = `  untraced       an event of the log that is not in the trace
  trace_differs  its row of the trace says something else
  behind         clients read an older state than the log's newest
  differs        clients read that state, but not as the log has it
  ahead          clients read a state that neither the log has nor an outbox row promises
  missing        a notification without its row`;
const WHERE = `It reads Kafka and Postgres itself, while everything runs: KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL say
where, as for the services. What the projector has not come to yet is waited for, for half a minute.`;

export const projectionCheck: Command = {
  name: 'projection check',
  summary: 'Compare what clients read with the status log',
  flags: FLAGS,
  manual: `Folds the status log again from its beginning and compares trace and read model with it. It changes nothing.

${KINDS}

${WHERE}

Exit code 1 means differences, or that not all could be compared.`,
  run: async (deps, given) => withLog(check, deps, optionsOf(given)),
};

export const projectionRepair: Command = {
  name: 'projection repair',
  summary: 'Write again what differs from the status log',
  flags: FLAGS,
  manual: `Does what \`fanfare projection check\` does, and then writes each difference as the log has it. A newer state than
the log's is left to whoever showed it, unless the notification itself has not come that far; nor can it bring back a
row that is missing.

${KINDS}

${WHERE}

Exit code 1 means that something is left.`,
  run: async (deps, given) => withLog(repair, deps, optionsOf(given)),
};

type Options = { limit: number; isJson: boolean };

async function check(deps: CommandDeps, options: Options, log: ProjectionLog): Promise<number> {
  const fold = await foldOf(deps, log);
  if (deps.signal.aborted) return interrupted(deps);
  report(deps, options, fold, null);
  return fold.findings.length === 0 && isComplete(fold) ? DONE_CODE : FAILED_CODE;
}

async function repair(deps: CommandDeps, options: Options, log: ProjectionLog): Promise<number> {
  const fold = await foldOf(deps, log);
  if (deps.signal.aborted) return interrupted(deps);
  const mended = await mend(log, fold.findings, deps.signal);
  report(deps, options, fold, mended);
  if (deps.signal.aborted) return INTERRUPTED_CODE;
  return mended.left.length === 0 && isComplete(fold) ? DONE_CODE : FAILED_CODE;
}

function foldOf({ terminal, now, signal }: CommandDeps, log: ProjectionLog): Promise<Fold> {
  let bar: ((done: number) => void) | null = null;
  return foldAgain({
    ...log,
    now,
    signal,
    onBehind: (records) => terminal.tell(`Waiting for the projector: ${counted(records, 'record')} to go.`),
    onProgress: (done, total) => {
      if (!terminal.isLive) return;
      bar ??= progressOf(terminal, total, now);
      bar(done);
    },
  });
}

function report(
  { terminal }: CommandDeps,
  { limit, isJson }: Options,
  fold: Fold,
  mended: Mended | null,
): void {
  if (isJson) return terminal.print(foldJson(fold, limit, mended));
  const show = (findings: readonly Finding[]): void => {
    if (findings.length === 0) return;
    terminal.print(`${findingsTable(findings.slice(0, limit), terminal.columns)}\n`);
  };
  show(fold.findings);
  terminal.print(summaryOf(fold));
  if (mended === null) return;
  terminal.print(mendedOf(mended, fold));
  show(mended.left);
}

function isComplete({ isCut, unprojected }: Fold): boolean {
  return !isCut && unprojected === 0;
}

function interrupted({ terminal }: CommandDeps): number {
  terminal.tell('Interrupted; nothing was changed.');
  return INTERRUPTED_CODE;
}

/** What needs Kafka and Postgres is loaded only here: the other commands start in half the time without. */
async function withLog(
  use: (deps: CommandDeps, options: Options, log: ProjectionLog) => Promise<number>,
  deps: CommandDeps,
  options: Options,
): Promise<number> {
  const { explained, openProjection, projectionSettings } = await import('./projection-log.ts');
  const log = await openProjection(loadConfig(projectionSettings));
  try {
    return await use(deps, options, log);
  } catch (error) {
    throw explained(error);
  } finally {
    await log.close();
  }
}

function optionsOf({ texts, flags }: Given): Options {
  const text = texts['limit'] ?? String(LIMIT_DEFAULT);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return { limit, isJson: flags.has('json') };
  throw new UsageError(`--limit must be a whole number from 1 to ${LIMIT_MAX}.`);
}
