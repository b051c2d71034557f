const GAP = 2;
const ELLIPSIS = '…';
/** A last column cut shorter than this says nothing. */
const LAST_COLUMN_MIN = 20;

/** Rows below headers, aligned. With `columns` the last column is cut to fit into a line of so many. */
export function table(headers: readonly string[], rows: readonly string[][], columns: number | null): string {
  const lines = [headers, ...rows].map((cells) => cells.map(printable));
  const widths = headers.map((_, index) => Math.max(...lines.map((cells) => width(cells[index] ?? ''))));
  const before = widths.slice(0, -1).reduce((total, one) => total + one + GAP, 0);
  const room = columns === null ? Infinity : Math.max(LAST_COLUMN_MIN, columns - before);
  return lines
    .map((cells) =>
      cells
        .map((cell, index) =>
          index === cells.length - 1 ? cut(cell, room) : pad(cell, (widths[index] ?? 0) + GAP),
        )
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values below each other. */
export function record(entries: readonly (readonly [string, string])[]): string {
  const nameWidth = Math.max(...entries.map(([name]) => name.length)) + GAP;
  return entries.map(([name, value]) => `${name.padEnd(nameWidth)}${printable(value)}`.trimEnd()).join('\n');
}

/** What others wrote must not steer a terminal: no control characters, and none that turn the direction. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

const segmenter = new Intl.Segmenter();
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\ufe0f/u;

function width(text: string): number {
  let cells = 0;
  for (const { segment } of segmenter.segment(text)) cells += WIDE.test(segment) ? 2 : 1;
  return cells;
}

export function pad(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - width(text)));
}

export function cut(text: string, cells: number): string {
  if (width(text) <= cells) return text;
  let kept = '';
  let left = cells - ELLIPSIS.length;
  for (const { segment } of segmenter.segment(text)) {
    left -= width(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept + ELLIPSIS;
}
