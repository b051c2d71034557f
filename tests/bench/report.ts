import { ratioOf, verdictOf } from './figure.ts';
import { describeVersions, type Machine } from './machine.ts';
import type { Outcome } from './run.ts';
import { renderTable } from './table.ts';

/** What a run leaves behind: as text for a person, as JSON for comparing runs. */
export type Report = { machine: Machine; quick: boolean; startedAt: Date; outcomes: Outcome[] };

/** Others on the machine at the start, above which figures say little. */
const BUSY_LOAD_SHARE = 0.5;

export function renderReport({ machine, quick, outcomes }: Report): string {
  const measured = outcomes.flatMap((outcome) => ('measured' in outcome ? [outcome.measured] : []));
  const failed = outcomes.flatMap((outcome) =>
    'failure' in outcome ? [`${outcome.figure} could not be measured: ${outcome.failure}`] : [],
  );
  const table = renderTable(measured.flatMap(({ rows }) => rows));
  const notes = [
    machineNote(machine),
    ...(quick ? ['quick run: short loads, rough figures'] : []),
    'accept and batch: ingest and the stack run, nothing else of ours; memory: simulator and delivery as well; every ' +
      'other figure with all services',
    ...measured.flatMap((one) => one.notes),
  ];
  return [table, '', ...notes.map((note) => `  ${note}`), ...failed.map((line) => `\n${line}`)].join('\n');
}

function machineNote({ cores, cpu, loadBefore }: Machine): string {
  const isBusy = loadBefore > cores * BUSY_LOAD_SHARE;
  const load = `load ${loadBefore.toFixed(2)} before the run${isBusy ? ': others were busy, expect less' : ''}`;
  return `${cores} cores of ${cpu}, ${load}`;
}

export function toJson({ machine, quick, startedAt, outcomes }: Report): object {
  return {
    startedAt: startedAt.toISOString(),
    tookSeconds: Math.round((Date.now() - startedAt.getTime()) / 1_000),
    quick,
    versions: describeVersions(),
    machine,
    figures: outcomes.map((outcome) =>
      'failure' in outcome
        ? outcome
        : {
            figure: outcome.figure,
            rows: outcome.measured.rows.map((row) => ({
              ...row,
              ratio: ratioOf(row),
              verdict: verdictOf(row),
            })),
            notes: outcome.measured.notes,
            detail: outcome.measured.detail,
          },
    ),
  };
}
