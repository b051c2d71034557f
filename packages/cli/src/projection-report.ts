import type { DifferenceKind } from '@fanfare/db';
import { count } from './progress.ts';
import type { Finding } from './projection-findings.ts';
import type { Fold } from './projection-fold.ts';
import { table } from './table.ts';

/** What a repair did, and the differences that are there all the same. */
export type Mended = { states: number; traces: number; left: Finding[] };

const HEADERS = ['DIFFERENCE', 'NOTIFICATION', 'VERSION', 'STATUS', 'HERE, AND WHAT THE LOG SAYS'];

/** A row for each of these findings. */
export function findingsTable(findings: readonly Finding[], columns: number | null): string {
  const rows = findings.map((finding) => {
    const { kind, event } = finding;
    return [kind, event.notification_id, String(event.version), event.status, detailOf(finding)];
  });
  return table(HEADERS, rows, columns);
}

/** `status: failed, log: delivered; …`, or where the event stands of which nothing is here. */
function detailOf({ here, log, event }: Finding): string {
  if (here === null || log === null)
    return `none; log: partition ${event.log_partition}, offset ${event.log_offset}`;
  return Object.keys(log)
    .filter((name) => here[name] !== log[name])
    .map((name) => `${name}: ${here[name] ?? '-'}, log: ${log[name] ?? '-'}`)
    .join('; ');
}

/** What was found, in sentences. */
export function summaryOf({ events, unreadable, refused, unprojected, isCut, findings }: Fold): string {
  const kinds = Object.entries(countsOf(findings)).map(([kind, found]) => `${count(found)} ${kind}`);
  const found =
    findings.length === 0
      ? 'no difference'
      : `${counted(findings.length, 'difference')} (${kinds.join(', ')})`;
  const sentences = [
    `${counted(events, 'event')} compared: ${found}.`,
    ...(isCut ? ['That is as many as are looked for at once: the rest of the log was not compared.'] : []),
    ...(unprojected === 0
      ? []
      : [`Not compared: ${counted(unprojected, 'record')} that the projector has yet to come to.`]),
    ...(unreadable === 0 ? [] : [`Passed over: ${counted(unreadable, 'record')} without an event.`]),
    ...(refused === 0 ? [] : [`Passed over: ${counted(refused, 'event')} that Postgres refuses.`]),
  ];
  return sentences.join('\n');
}

export function mendedOf({ states, traces, left }: Mended, { isCut }: Fold): string {
  const rest = left.length === 0 ? 'Nothing of it is left.' : `${counted(left.length, 'difference')} left.`;
  const more = isCut ? ' Run it again for the rest of the log.' : '';
  return `Written again: ${counted(states, 'state')}, ${counted(traces, 'trace row')}. ${rest}${more}`;
}

/** All of it for programs; of the differences at most `limit`. */
export function foldJson(fold: Fold, limit: number, mended: Mended | null): string {
  const { findings, isCut, ...counts } = fold;
  return JSON.stringify({
    ...counts,
    complete: !isCut && fold.unprojected === 0,
    differences: findings.length,
    kinds: countsOf(findings),
    ...(mended && { mended: { ...mended, left: mended.left.length } }),
    items: findings.slice(0, limit).map(({ kind, event, here, log }) => ({
      kind,
      notification_id: event.notification_id,
      version: event.version,
      status: event.status,
      partition: event.log_partition,
      offset: event.log_offset,
      here,
      log,
    })),
  });
}

function countsOf(findings: readonly Finding[]): Partial<Record<DifferenceKind, number>> {
  const byKind = Map.groupBy(findings, ({ kind }) => kind);
  return Object.fromEntries(Array.from(byKind, ([kind, found]) => [kind, found.length]));
}

export function counted(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? '' : 's'}`;
}
