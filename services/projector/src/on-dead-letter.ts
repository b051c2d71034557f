import { DEAD_LETTER_HEADER, HEADER } from '@fanfare/contracts';
import type { DeadLetter } from '@fanfare/db';
import { isUuid } from '@fanfare/domain';
import type { ConsumedRecord } from '@fanfare/kafka';

export type DeadLetterDeps = {
  index: (letters: DeadLetter[]) => Promise<void>;
  /** Tries a step again until it succeeds. */
  persist: <T>(what: string, step: () => Promise<T>) => Promise<T>;
};

/** Adds records of the dead-letter topic to the index that operators search. Their bytes stay in the topic. */
export async function indexGroup(deps: DeadLetterDeps, records: ConsumedRecord[]): Promise<void> {
  const current = records.filter((record) => !record.isStale());
  await deps.persist('indexing dead letters', () => deps.index(current.map(deadLetterOf)));
  for (const record of current) record.done();
}

/** As much of a reason as an operator reads in a list; writers cut theirs at 1 kB as well. */
const TEXT_CHARS_MAX = 1_024;
const INT4_MAX = 2 ** 31 - 1;

/** What the headers tell of a dead letter. Anyone may write to the topic, so whatever they say can be stored. */
export function deadLetterOf({ partition, offset, key, headers, timestampMs }: ConsumedRecord): DeadLetter {
  const id = key?.toString() ?? '';
  return {
    log_partition: partition,
    log_offset: offset,
    notification_id: isUuid(id) ? id : null,
    cycle: whole(headers[HEADER.cycle], INT4_MAX) ?? 0,
    channel: text(headers[DEAD_LETTER_HEADER.channel]),
    reason: text(headers[DEAD_LETTER_HEADER.reason]) ?? 'unknown',
    message: text(headers[DEAD_LETTER_HEADER.message]),
    source_topic: text(headers[DEAD_LETTER_HEADER.topic]),
    source_partition: whole(headers[DEAD_LETTER_HEADER.partition], INT4_MAX),
    source_offset: whole(headers[DEAD_LETTER_HEADER.offset], Number.MAX_SAFE_INTEGER),
    created_at: timestampMs,
  };
}

function text(header: string | undefined): string | null {
  // Postgres text holds no NUL.
  const kept = header?.replaceAll('\0', '').slice(0, TEXT_CHARS_MAX) ?? '';
  return kept === '' ? null : kept.toWellFormed();
}

function whole(header: string | undefined, max: number): number | null {
  const value = header !== undefined && /^\d+$/.test(header) ? Number(header) : -1;
  return value >= 0 && value <= max ? value : null;
}
