import { createHash } from 'node:crypto';
import type { DraftLine } from './draft-lines.ts';
import type { Draft } from './notifications-api.ts';

/** What goes to the API at once: a draft and its line have the same place. */
export type DraftBatch = {
  /** Counted from 0. */
  index: number;
  lines: number[];
  drafts: Draft[];
  faults: { line: number; fault: string }[];
};

/** As many as the API takes. */
const SIZE_MAX = 1_000;
/** Half of what it takes: commas and escapes come on top. */
const BYTES_MAX = 8 * 1024 * 1024;

export async function* draftBatches(lines: AsyncIterable<DraftLine>): AsyncGenerator<DraftBatch> {
  let batch = emptyBatch(0);
  let bytes = 0;
  for await (const one of lines) {
    const oneBytes = 'draft' in one ? Buffer.byteLength(JSON.stringify(one.draft)) : 0;
    const size = batch.drafts.length + batch.faults.length;
    if (size === SIZE_MAX || (size > 0 && bytes + oneBytes > BYTES_MAX)) {
      yield batch;
      batch = emptyBatch(batch.index + 1);
      bytes = 0;
    }
    add(batch, one);
    bytes += oneBytes;
  }
  if (batch.drafts.length + batch.faults.length > 0) yield batch;
}

/**
 * A batch's Idempotency-Key: the same for the same drafts at the same place of a file, whoever sends it and when, and another
 * when `salt` is another.
 */
export function keyOf({ index, drafts }: DraftBatch, salt: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([salt, index, drafts]))
    .digest('hex');
  return `fanfare-send-${index}-${hash.slice(0, HASH_DIGITS)}`;
}

/** 160 bits. */
const HASH_DIGITS = 40;

function emptyBatch(index: number): DraftBatch {
  return { index, lines: [], drafts: [], faults: [] };
}

function add(batch: DraftBatch, one: DraftLine): void {
  if ('fault' in one) batch.faults.push({ line: one.line, fault: one.fault });
  else {
    batch.lines.push(one.line);
    batch.drafts.push(one.draft);
  }
}
