import type { PurgeReport } from './api.ts';
import { approved, bounded, exitCode, oneByOne } from './change.ts';
import { type Command, type CommandDeps, DONE_CODE, FAILED_CODE, type Given, UsageError } from './command.ts';
import { type Filter, FILTER_FLAGS, filterOf, refuseBoth, STATE_FLAG } from './dlq-filter.ts';
import { count, progressOf } from './progress.ts';

const IDS_MAX = 1_000;

export const dlqPurge: Command = {
  name: 'dlq purge',
  summary: 'Delete dead letters from the index',
  operands: { usage: '[ID…]', max: IDS_MAX },
  flags: {
    ...FILTER_FLAGS,
    ...STATE_FLAG,
    'dry-run': { help: 'Only count' },
    yes: { help: 'Do not ask' },
    json: { help: 'Print JSON: deleted, remaining' },
  },
  manual: `Without ids and filters it is all of them. They can no longer be redriven. Their records stay in the topic until
its retention ends, 30 days unless changed.`,
  run: async (deps, given) => {
    const filter = filterOf(given, deps.now());
    refuseBoth(given, filter);
    return given.operands.length > 0 ? purgeIds(deps, given) : purgeMatching(deps, given, filter);
  },
};

async function purgeMatching(deps: CommandDeps, given: Given, filter: Filter): Promise<number> {
  const preview = await deps.api.purge(filter, { dry_run: true });
  if (given.flags.has('dry-run')) return report(deps, given, preview, 'would be deleted');
  if (preview.deleted === 0) return report(deps, given, preview, 'deleted');
  if (!(await approved(deps, given, `Delete ${count(preview.deleted)} for good?`))) return FAILED_CODE;
  const done = await purgeAll(deps, bounded(filter, preview.as_of), preview.deleted);
  report(deps, given, done, 'deleted');
  return exitCode(deps, done.remaining);
}

async function purgeAll(
  { api, terminal, now, signal }: CommandDeps,
  filter: Filter,
  total: number,
): Promise<PurgeReport> {
  const tell = progressOf(terminal, total, now);
  let deleted = 0;
  for (;;) {
    const part = await api.purge(filter, {});
    deleted += part.deleted;
    tell(deleted);
    if (part.remaining === 0 || part.deleted === 0 || signal.aborted) return { ...part, deleted };
  }
}

async function purgeIds(deps: CommandDeps, given: Given): Promise<number> {
  const { operands, flags } = given;
  if (flags.has('dry-run')) throw new UsageError('--dry-run goes with a filter, not with ids.');
  if (!(await approved(deps, given, `Delete ${operands.length} for good?`))) return FAILED_CODE;
  return oneByOne(deps, given, 'deleted', (id) => deps.api.deleteOne(id));
}

function report({ terminal }: CommandDeps, { flags }: Given, done: PurgeReport, verb: string): number {
  const { deleted, remaining } = done;
  const rest = remaining === 0 ? '' : `, ${count(remaining)} left`;
  terminal.print(
    flags.has('json') ? JSON.stringify({ deleted, remaining }) : `${count(deleted)} ${verb}${rest}.`,
  );
  return DONE_CODE;
}
