import type { LoggedEvent } from '@fanfare/db';
import { createFindings, type Finding, isOfTrace } from './projection-findings.ts';
import { compareInto } from './projection-fold.ts';
import type { ProjectionLog } from './projection-log.ts';
import type { Mended } from './projection-report.ts';

/** Rows written in one statement. */
const GROUP_SIZE = 500;

/** Writes what was found as the log has it, and looks at it again. Ended by the signal, it has left the rest. */
export async function mend(
  log: Pick<ProjectionLog, 'showAgain' | 'traceAgain' | 'compare'>,
  findings: readonly Finding[],
  signal: AbortSignal,
): Promise<Mended> {
  const ofStates = findings.filter((finding) => !isOfTrace(finding));
  const traces = await writeAll(findings.filter(isOfTrace), (events) => log.traceAgain(events), signal);
  const states = await writeAll(ofStates, (events) => log.showAgain(events), signal);
  const left = createFindings();
  for (const events of groups(findings)) await compareInto(log, left, events);
  const wasAhead = new Set(
    ofStates.flatMap(({ kind, event }) => (kind === 'ahead' ? [event.notification_id] : [])),
  );
  // One that was not before has been cancelled or redriven meanwhile.
  const isLeft = ({ kind, event }: Finding): boolean =>
    kind !== 'ahead' || wasAhead.has(event.notification_id);
  return { states, traces, left: left.all().filter(isLeft) };
}

async function writeAll(
  findings: readonly Finding[],
  write: (events: LoggedEvent[]) => Promise<number>,
  signal: AbortSignal,
): Promise<number> {
  let written = 0;
  for (const events of groups(findings)) if (!signal.aborted) written += await write(events);
  return written;
}

function groups(findings: readonly Finding[]): LoggedEvent[][] {
  const starts = Array.from({ length: Math.ceil(findings.length / GROUP_SIZE) }, (_, i) => i * GROUP_SIZE);
  return starts.map((start) => findings.slice(start, start + GROUP_SIZE).map(({ event }) => event));
}
