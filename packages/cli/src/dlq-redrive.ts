import { setTimeout as sleep } from 'node:timers/promises';
import type { RedriveReport } from './api.ts';
import { ApiError } from './ask.ts';
import { type Command, type CommandDeps, DONE_CODE, FAILED_CODE, type Given, UsageError } from './command.ts';
import { approved, bounded, exitCode, oneByOne } from './change.ts';
import { type Filter, FILTER_FLAGS, filterOf, refuseBoth } from './dlq-filter.ts';
import { count, progressOf } from './progress.ts';

const RATE_MAX = 10_000;
const IDS_MAX = 1_000;
/** Somebody else redrives the same ones: they are done in a moment. */
const HELD_WAIT_MS = 250;
const HELD_WAITS_MAX = 120;

export const dlqRedrive: Command = {
  name: 'dlq redrive',
  summary: 'Deliver again what failed',
  operands: { usage: '[ID…]', max: IDS_MAX },
  flags: {
    ...FILTER_FLAGS,
    'dry-run': { help: 'Only count' },
    rate: { value: 'N', help: 'At most so many a second' },
    yes: { help: 'Do not ask' },
    json: { help: 'Print JSON: redriven, skipped, not_redrivable, remaining' },
  },
  manual: `Without ids and filters it is all of them. What is delivered, cancelled, expired or redriven by now is skipped and
counted. Each redriven notification has all its attempts again, and the provider is given a new idempotency key.
What fails again while it runs is left for the next redrive. Interrupted, it can be run again for the rest.`,
  run: async (deps, given) => {
    const filter = filterOf(given, deps.now());
    refuseBoth(given, filter);
    return given.operands.length > 0 ? redriveIds(deps, given) : redriveMatching(deps, given, filter);
  },
};

async function redriveMatching(deps: CommandDeps, given: Given, filter: Filter): Promise<number> {
  const rate = rateOf(given);
  const preview = await deps.api.redrive(filter, { dry_run: true });
  if (given.flags.has('dry-run')) return report(deps, given, preview, 'would be redriven');
  if (preview.redriven === 0) return report(deps, given, preview, 'redriven');
  if (!(await approved(deps, given, `${describe(preview, 'can be redriven')} Redrive?`))) return FAILED_CODE;
  const done = await redriveAll(
    deps,
    bounded(filter, preview.as_of),
    rate,
    lookedAt(preview) + preview.remaining,
  );
  report(deps, given, done, 'redriven');
  return exitCode(deps, done.remaining);
}

/** Call after call until none remains, or somebody wants an end of it. */
async function redriveAll(
  { api, terminal, now, signal }: CommandDeps,
  filter: Filter,
  rate: number | null,
  total: number,
): Promise<RedriveReport> {
  const tell = progressOf(terminal, total, now);
  let waits = 0;
  let done: RedriveReport | null = null;
  for (;;) {
    const part = await api.redrive(filter, rate === null ? {} : { rate });
    done = done === null ? part : sum(done, part);
    tell(lookedAt(done));
    if (part.remaining === 0 || signal.aborted) return done;
    if (lookedAt(part) > 0) continue;
    waits += 1;
    if (waits > HELD_WAITS_MAX) throw new ApiError(0, 'Somebody else holds the rest; run it again.');
    await sleep(HELD_WAIT_MS);
  }
}

async function redriveIds(deps: CommandDeps, given: Given): Promise<number> {
  const { operands, flags, texts } = given;
  if (flags.has('dry-run') || texts['rate'] !== undefined)
    throw new UsageError('--dry-run and --rate go with a filter, not with ids.');
  if (!(await approved(deps, given, `Redrive ${operands.length}?`))) return FAILED_CODE;
  return oneByOne(deps, given, 'redriven', (id) => deps.api.redriveOne(id));
}

function report({ terminal }: CommandDeps, { flags }: Given, done: RedriveReport, verb: string): number {
  const { redriven, skipped, not_redrivable, remaining } = done;
  const facts = { redriven, skipped, not_redrivable, remaining };
  terminal.print(flags.has('json') ? JSON.stringify(facts) : describe(done, verb));
  return DONE_CODE;
}

function describe({ redriven, skipped, not_redrivable, remaining }: RedriveReport, verb: string): string {
  const why = Object.entries(skipped).filter(([, letters]) => letters > 0);
  const total = why.reduce((all, [, letters]) => all + letters, 0);
  const reasons = why.map(([reason, letters]) => `${count(letters)} ${reason.replaceAll('_', ' ')}`);
  const parts = [
    `${count(redriven)} ${verb}`,
    ...(total === 0 ? [] : [`${count(total)} skipped (${reasons.join(', ')})`]),
    ...(not_redrivable === 0 ? [] : [`${count(not_redrivable)} not redrivable`]),
    ...(remaining === 0 ? [] : [`${count(remaining)} more not looked at`]),
  ];
  return `${parts.join(', ')}.`;
}

function lookedAt({ redriven, skipped, not_redrivable }: RedriveReport): number {
  return Object.values(skipped).reduce((all, letters) => all + letters, redriven + not_redrivable);
}

function sum(one: RedriveReport, other: RedriveReport): RedriveReport {
  const reasons = new Set([...Object.keys(one.skipped), ...Object.keys(other.skipped)]);
  const skipped = [...reasons].map((why) => [why, (one.skipped[why] ?? 0) + (other.skipped[why] ?? 0)]);
  return {
    ...other,
    redriven: one.redriven + other.redriven,
    skipped: Object.fromEntries(skipped),
    not_redrivable: one.not_redrivable + other.not_redrivable,
  };
}

function rateOf({ texts }: Given): number | null {
  const text = texts['rate'];
  if (text === undefined) return null;
  const rate = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (rate >= 1 && rate <= RATE_MAX) return rate;
  throw new UsageError(`--rate must be a whole number from 1 to ${RATE_MAX}.`);
}
