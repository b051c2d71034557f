import { setTimeout as sleep } from 'node:timers/promises';
import type { Difference, LoggedEvent } from '@fanfare/db';
import type { PartitionRange } from '@fanfare/kafka';
import { createFindings, type Finding, type Findings } from './projection-findings.ts';

export type FoldDeps = {
  /** What the status log holds at this moment. */
  ends: () => Promise<PartitionRange[]>;
  /** The projector's next offset by partition. */
  positions: () => Promise<Map<number, number>>;
  read: (
    ranges: PartitionRange[],
    onEvents: (batch: EventBatch) => Promise<void>,
    signal: AbortSignal,
  ) => Promise<void>;
  /** What differs for each event, in order; null for one that Postgres refuses. */
  compare: (events: LoggedEvent[]) => Promise<(Difference[] | null)[]>;
  /** Those which show a state that is neither traced nor promised by an outbox row, with its version. */
  findAhead: (ids: string[]) => Promise<Map<string, number>>;
  onBehind: (records: number) => void;
  onProgress: (records: number, total: number) => void;
  now: () => number;
  signal: AbortSignal;
};

/** Records of one partition, in order, as far as they can be read. */
export type EventBatch = { events: LoggedEvent[]; unreadable: number };

export type Fold = {
  /** Events that were compared. */
  events: number;
  /** Records that hold no event, and events that Postgres refuses: the projector passes over both. */
  unreadable: number;
  refused: number;
  /** Records that the projector has yet to come to. */
  unprojected: number;
  /** There was so much to find that the rest was not looked at. */
  isCut: boolean;
  findings: Finding[];
};

/** A projector that runs has passed within a second what was in the log when it was asked; one that was started, within a few. */
const WAIT_MS = 30_000;
const POLL_MS = 100;

/**
 * Folds the status log again, from its first record to the one that is its last now, and finds where trace and read
 * model differ. Nothing is compared before the projector has passed it, so that no difference is one that is about to
 * go; memory grows with what is found, not with the log.
 */
export async function foldAgain(deps: FoldDeps): Promise<Fold> {
  const ends = await deps.ends();
  const ranges = await projected(deps, ends);
  const findings = createFindings();
  const fold: Fold = {
    events: 0,
    unreadable: 0,
    refused: 0,
    unprojected: size(ends) - size(ranges),
    isCut: false,
    findings: [],
  };
  const enough = new AbortController();
  deps.onProgress(0, size(ranges));
  await deps.read(
    ranges,
    async (batch) => {
      fold.unreadable += batch.unreadable;
      fold.refused += await compareInto(deps, findings, batch.events);
      fold.events += batch.events.length;
      deps.onProgress(fold.events + fold.unreadable, size(ranges));
      if (findings.isFull()) enough.abort();
    },
    AbortSignal.any([deps.signal, enough.signal]),
  );
  if (!deps.signal.aborted) await explainAhead(deps, findings);
  return { ...fold, isCut: enough.signal.aborted, findings: findings.all() };
}

/** Resolves with how many of the events Postgres refuses. */
export async function compareInto(
  { compare }: Pick<FoldDeps, 'compare'>,
  findings: Findings,
  events: LoggedEvent[],
): Promise<number> {
  const compared = await compare(events);
  for (const [index, event] of events.entries()) {
    const differences = compared[index];
    if (differences) findings.add(event, differences);
  }
  return compared.filter((differences) => differences === null).length;
}

/** The part of these ranges that the projector has passed. It is waited for, but not for ever. */
async function projected(deps: FoldDeps, ends: PartitionRange[]): Promise<PartitionRange[]> {
  const giveUpAtMs = deps.now() + WAIT_MS;
  for (let isTold = false; ; isTold = true) {
    const positions = await deps.positions();
    const passed = ends.map(({ partition, low, high }) => ({
      partition,
      low,
      high: Math.max(low, Math.min(high, positions.get(partition) ?? 0)),
    }));
    const behind = size(ends) - size(passed);
    if (behind === 0 || deps.signal.aborted || deps.now() > giveUpAtMs) return passed;
    if (!isTold) deps.onBehind(behind);
    await sleep(POLL_MS);
  }
}

/**
 * A cancel, an expiry and a redrive show their state at once, and an outbox row promises its event. The row goes when
 * Kafka has the event, so whatever is promised no more is in the log by then, and in the trace when the projector has
 * come there.
 */
async function explainAhead(deps: FoldDeps, findings: Findings): Promise<void> {
  const suspects = findings.ahead();
  if (suspects.length === 0) return;
  const before = await deps.findAhead(suspects);
  const ends = await deps.ends();
  const isCertain = size(await projected(deps, ends)) === size(ends);
  const after = await deps.findAhead(suspects);
  const isAhead = (id: string): boolean => isCertain && before.has(id) && before.get(id) === after.get(id);
  findings.explain(new Set(suspects.filter((id) => !isAhead(id))));
}

function size(ranges: readonly PartitionRange[]): number {
  return ranges.reduce((sum, { low, high }) => sum + high - low, 0);
}
