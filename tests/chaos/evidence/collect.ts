import type { Evidence, FaultRecord, Row, Wanted } from '../ledger/evidence.ts';
import type { Book } from '../load/book.ts';
import { readCalls } from './calls.ts';
import { checkProjection } from './projection.ts';
import { readEvents, readLetters } from './topics.ts';
import { countIndexed, readRows, readTraces } from './truth.ts';
import type { Witnesses } from './witnesses.ts';

/** Asks every witness, once everything is quiet. */
export async function collectEvidence(
  witnesses: Witnesses,
  book: Book,
  faults: FaultRecord[],
): Promise<Omit<Evidence, 'callsAfterReset' | 'incidents'>> {
  const { db, kafka, serde, simulatorUrl } = witnesses;
  const rows = await readRows(db);
  return {
    wanted: withIds(book.wanted, rows),
    unusable: book.unusable,
    cancels: book.cancels,
    faults,
    calls: await readCalls(simulatorUrl),
    events: await readEvents(kafka, serde),
    letters: await readLetters(kafka),
    rows,
    traced: await readTraces(db),
    lettersIndexed: await countIndexed(db),
    projectionDiffers: await checkProjection(witnesses),
  };
}

/**
 * Members of a batch, and what nobody got an answer for, are known by the correlation id of their request; ids of one
 * request ascend in the order of its members.
 */
function withIds(wanted: readonly Wanted[], rows: readonly Row[]): Wanted[] {
  const idsByRef = Map.groupBy(rows, ({ correlation_id }) => correlation_id);
  const taken = new Map<string, number>();
  return wanted.map((one) => {
    if (one.id !== null) return one;
    const index = taken.get(one.ref) ?? 0;
    taken.set(one.ref, index + 1);
    return { ...one, id: idsByRef.get(one.ref)?.[index]?.id ?? null };
  });
}
