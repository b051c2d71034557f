import { renderColumns } from '../bench/table.ts';
import type { Outcome } from './chaos.ts';
import { isBalanced, type Ledger } from './ledger/balance.ts';
import { timeOf } from './ledger/rules.ts';
import type { Story } from './ledger/story.ts';

/** Enough to find a cause by; a thousand of the same kind say no more. */
const BREACHES_TOLD_MAX = 5;
const STORIES_TOLD_MAX = 10;
const STORIES_SAVED_MAX = 500;

/** Seed and ledger as a person reads them, with the stories of the guilty. */
export function renderOutcome({ seed, tookMs, sent, faults, ledger }: Outcome): string {
  const verdict = isBalanced(ledger) ? 'balanced' : 'NOT BALANCED';
  return [
    `seed ${seed}: ${sent} notifications, ${faults.length} faults, ${Math.round(tookMs / 1_000)} s: ${verdict}`,
    '',
    renderCounts(ledger),
    '',
    renderRules(ledger),
    ...ledger.recoveries.map(
      ({ target, at, gapMs, resumedMs, resumed }) =>
        `  ${target} killed at ${timeOf(at)}: longest gap ${gapMs} ms, the last of ${resumed} that waited sent ` +
        `after ${resumedMs} ms`,
    ),
    ...renderBreaches(ledger),
    ...ledger.guilty.slice(0, STORIES_TOLD_MAX).map(renderStory),
  ].join('\n');
}

/** For comparing runs, and for looking up what was not printed. */
export function toJson(outcome: Outcome): object {
  const { ledger } = outcome;
  const guilty = ledger.guilty.slice(0, STORIES_SAVED_MAX);
  return { ...outcome, balanced: isBalanced(ledger), ledger: { ...ledger, guilty } };
}

function renderCounts({ counts }: Ledger): string {
  return renderColumns(
    ['ledger', 'count'],
    counts.map(({ what, value }) => [what, String(value)]),
    [false, true],
  );
}

function renderRules({ rules }: Ledger): string {
  return renderColumns(
    ['must not be', 'found'],
    rules.map(({ name, breaches }) => [name, String(breaches.length)]),
    [false, true],
  );
}

function renderBreaches({ rules }: Ledger): string[] {
  return rules.flatMap(({ name, breaches }) =>
    breaches.length === 0
      ? []
      : [
          `\n${name}: ${breaches.length}`,
          ...breaches.slice(0, BREACHES_TOLD_MAX).map(({ id, says }) => `  ${id}  ${says}`),
        ],
  );
}

/** Everything that happened to one, in the order of time. */
function renderStory({ id, wanted, row, calls, events, letters, cancels }: Story): string {
  const moments = [
    ...events.map(({ at, status, version, attempt, outcome }) => ({
      at,
      says: `${status} (version ${version}, attempt ${attempt}${outcome === null ? '' : `, ${outcome}`})`,
    })),
    ...calls.map(({ at, answer }) => ({ at, says: `called: ${answer}` })),
    ...cancels.map(({ answeredAt, answer }) => ({ at: answeredAt, says: `cancel: ${answer}` })),
  ].toSorted((a, b) => a.at - b.at);
  return [
    `\n${id} ${wanted === null ? 'nobody asked for' : `${wanted.answer} by ${wanted.door}, ${wanted.ref}`}`,
    `  truth: ${row === null ? 'no row' : JSON.stringify(row)}`,
    ...moments.map(({ at, says }) => `  ${timeOf(at)}  ${says}`),
    ...letters.map(({ reason, cycle }) => `  a dead letter of cycle ${cycle}: ${reason}`),
  ].join('\n');
}
