import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isRecord } from '@fanfare/domain';
import { CsvError, type Info, parse } from 'csv-parse';
import { closest } from './closest.ts';
import type { DraftLine } from './draft-lines.ts';
import type { Draft } from './notifications-api.ts';
import { LINE_BYTES_MAX, LineFault } from './text-lines.ts';

/** A column's cell, put where it belongs. */
type Column = (draft: Draft, cell: string) => void;
type CsvRecord = { record: string[]; info: Info };

/** What may separate columns: that which comes first in the header does. */
const DELIMITERS = /[,;\t]/;

/**
 * Reads CSV with a header row. An empty cell says nothing.
 * @throws LineFault where it is no CSV, or a column means nothing
 */
export async function* csvLines(
  lines: AsyncIterable<{ line: number; text: string }>,
  header: { line: number; text: string },
): AsyncGenerator<DraftLine> {
  const delimiter = DELIMITERS.exec(header.text)?.[0] ?? ',';
  const before = header.line - 1;
  const lineOf = lineCounter();
  let columns: Column[] | null = null;
  for await (const { record, info } of records(lines, delimiter, before)) {
    const line = lineOf(record, info.lines + before);
    if (columns === null) columns = columnsOf(record, line);
    else yield { line, ...draftOf(columns, record) };
  }
}

async function* records(
  lines: AsyncIterable<{ text: string }>,
  delimiter: string,
  before: number,
): AsyncGenerator<CsvRecord> {
  const parser = parse({
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LINE_BYTES_MAX,
  });
  const fed = pipeline(Readable.from(textsOf(lines)), parser);
  // What goes wrong comes out of the parser, too.
  fed.catch(() => {});
  try {
    const parsed: AsyncIterable<CsvRecord> = parser;
    yield* parsed;
  } catch (error) {
    throw error instanceof CsvError ? faultOf(error, before) : error;
  }
}

async function* textsOf(lines: AsyncIterable<{ text: string }>): AsyncGenerator<string> {
  for await (const { text } of lines) yield text;
}

const FAULTS: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: 'the file ends inside of a quoted cell: a `"` is missing',
  CSV_INVALID_CLOSING_QUOTE: 'a quoted cell goes on after its end; a `"` inside of one is written `""`',
  INVALID_OPENING_QUOTE: 'a `"` stands inside of a cell; put the whole cell in quotes and write it `""`',
  CSV_MAX_RECORD_SIZE: 'is too long to be a notification; is a `"` missing?',
};

function faultOf({ code, message, ...more }: CsvError, before: number): LineFault {
  const line = typeof more['lines'] === 'number' ? more['lines'] : 1;
  return new LineFault(line + before, FAULTS[code] ?? message);
}

/** The line that a record begins with. The parser tells the one it ends with, and counts a CRLF in quotes twice. */
function lineCounter(): (record: string[], linesSoFar: number) => number {
  let surplus = 0;
  return (record, linesSoFar) => {
    const text = record.join('');
    const line = linesSoFar - surplus - count(text, /[\r\n]/g);
    surplus += count(text, /\r\n/g);
    return line;
  };
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function draftOf(columns: Column[], cells: string[]): { draft: Draft } | { fault: string } {
  if (cells.length !== columns.length)
    return { fault: `has ${cells.length} cells, and the header ${columns.length}` };
  const draft: Draft = {};
  for (const [index, cell] of cells.entries()) if (cell !== '') columns[index]?.(draft, cell);
  return { draft };
}

/** The API's fields by the names that columns may have: its own, and those of the flags. */
const FIELDS = new Map([
  ['channel', 'channel'],
  ['recipient', 'recipient'],
  ['to', 'recipient'],
  ['content', 'content'],
  ['subject', 'subject'],
  ['html', 'html'],
  ['priority', 'priority'],
  ['template_id', 'template_id'],
  ['template', 'template_id'],
  ['scheduled_at', 'scheduled_at'],
  ['at', 'scheduled_at'],
  ['expires_at', 'expires_at'],
  ['expires', 'expires_at'],
  ['max_attempts', 'max_attempts'],
  ['delivery_mode', 'delivery_mode'],
]);
const GROUPS = new Map([
  ['var', 'template_variables'],
  ['metadata', 'metadata'],
]);

function columnsOf(header: string[], line: number): Column[] {
  const names = header.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new LineFault(line, `has the column \`${twice}\` twice`);
  return names.map((name) => columnOf(name, line));
}

function columnOf(name: string, line: number): Column {
  const field = FIELDS.get(name);
  if (field !== undefined)
    return (draft, cell) => {
      draft[field] = valueOf(field, cell);
    };
  const [prefix = '', ...rest] = name.split('.');
  const group = GROUPS.get(prefix);
  if (group === undefined || rest.length === 0) throw unknownColumn(name, line);
  const key = rest.join('.');
  return (draft, cell) => {
    const before = draft[group];
    draft[group] = { ...(isRecord(before) && before), [key]: cell };
  };
}

function unknownColumn(name: string, line: number): LineFault {
  const known = [...FIELDS.keys()];
  const meant = closest(name, known) ?? `var.${name}`;
  const columns = [...known, 'var.NAME', 'metadata.KEY'].join(', ');
  const message = `has a column \`${name}\`, which says nothing of a notification. Did you mean \`${meant}\`?`;
  return new LineFault(line, `${message} There are ${columns}`);
}

/** What is no number stays as it is, for the API to refuse. */
function valueOf(field: string, cell: string): string | number {
  return field === 'max_attempts' && /^\d+$/.test(cell) ? Number(cell) : cell;
}
