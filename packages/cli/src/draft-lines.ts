import { isRecord } from '@fanfare/domain';
import { csvLines } from './draft-csv.ts';
import type { Draft } from './notifications-api.ts';
import { LineFault, textLines } from './text-lines.ts';

/** What a line of a file asks to send, or what is wrong with it. */
export type DraftLine = { line: number } & ({ draft: Draft } | { fault: string });

/**
 * What a file asks to send, line by line: NDJSON when it begins with `{`, else CSV. `defaults` is said for each line that
 * does not say it itself. A file that cannot be read on ends with a fault.
 */
export async function* draftLines(chunks: AsyncIterable<Buffer>, defaults: Draft): AsyncGenerator<DraftLine> {
  try {
    const lines = textLines(chunks);
    const first = await firstOf(lines);
    if (first === null) return;
    const all = startingWith(first, lines);
    const drafts = first.text.trimStart().startsWith('{') ? ndjsonLines(all) : csvLines(all, first);
    for await (const one of drafts)
      yield 'fault' in one ? one : { line: one.line, draft: merged(defaults, one.draft) };
  } catch (error) {
    if (!(error instanceof LineFault)) throw error;
    yield { line: error.line, fault: error.message };
  }
}

type TextLine = { line: number; text: string };

async function* ndjsonLines(lines: AsyncIterable<TextLine>): AsyncGenerator<DraftLine> {
  for await (const { line, text } of lines) {
    if (text.trim() !== '') yield { line, ...parse(text) };
  }
}

function parse(text: string): { draft: Draft } | { fault: string } {
  try {
    const draft: unknown = JSON.parse(text);
    return isRecord(draft) ? { draft } : { fault: 'is not a JSON object' };
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/ \(line 1 column \d+\)/, '') : '';
    return { fault: `is not JSON: ${why}` };
  }
}

/** The first that is not blank, or null. */
async function firstOf(lines: AsyncGenerator<TextLine>): Promise<TextLine | null> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) return null;
    if (value.text.trim() !== '') return value;
  }
}

async function* startingWith<T>(first: T, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

const OBJECTS = ['template_variables', 'metadata'];

/** Values of templates and metadata of both are joined. */
function merged(defaults: Draft, own: Draft): Draft {
  const both = OBJECTS.filter((name) => isRecord(defaults[name]) && isRecord(own[name]));
  const joined = both.map((name) => [name, Object.assign({}, defaults[name], own[name])]);
  return { ...defaults, ...own, ...Object.fromEntries(joined) };
}
