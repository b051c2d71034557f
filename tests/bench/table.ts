import { type Bar, type Limit, ratioOf, type Row, type Unit, verdictOf } from './figure.ts';

const HEADINGS = ['figure', 'measured', 'bar', 'limit, same run', 'ratio', ''];
const GAP = '  ';
/** Names and limits are read from the left, numbers compared from the right. */
const ALIGN_RIGHT = [false, true, true, true, true, false];

/** The figures in aligned columns, a line each. */
export function renderTable(rows: readonly Row[]): string {
  return renderColumns(HEADINGS, rows.map(cellsOf), ALIGN_RIGHT);
}

/** Lines of cells below their headings, each column as wide as its widest cell. */
export function renderColumns(
  headings: readonly string[],
  body: readonly (readonly string[])[],
  alignRight: readonly boolean[],
): string {
  const lines = [headings, ...body];
  const widths = headings.map((_, column) => Math.max(...lines.map((cells) => widthOf(cells[column] ?? ''))));
  const [head = '', ...rest] = lines.map((cells) => renderLine(cells, widths, alignRight));
  const rule = widths.map((width) => '─'.repeat(width)).join(GAP);
  return [head, rule.trimEnd(), ...rest].join('\n');
}

function renderLine(
  cells: readonly string[],
  widths: readonly number[],
  alignRight: readonly boolean[],
): string {
  const padded = cells.map((cell, column) => {
    const padding = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
    return alignRight[column] === true ? padding + cell : cell + padding;
  });
  return padded.join(GAP).trimEnd();
}

function cellsOf(row: Row): string[] {
  const { figure, value, unit, bar, limit } = row;
  return [
    figure,
    quantity(value, unit),
    barText(bar, unit),
    limitText(limit, unit),
    ratioText(row),
    verdictOf(row),
  ];
}

function barText(bar: Bar, unit: Unit): string {
  if ('least' in bar) return `≥ ${quantity(bar.least, unit)}`;
  if ('most' in bar) return `≤ ${quantity(bar.most, unit)}`;
  return `≥ ${percent(bar.shareOfLimit)} of limit`;
}

function limitText(limit: Limit | null, unit: Unit): string {
  return limit === null ? '–' : `${limit.what} ${quantity(limit.value, unit)}`;
}

/** Below the limit as a share of it, above it as a multiple. */
function ratioText(row: Row): string {
  const ratio = ratioOf(row);
  if (ratio === null) return '–';
  return ratio < 1.5 ? percent(ratio) : `${number(ratio)} ×`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `12 345 /s`, `3.4 ms` */
export function quantity(value: number, unit: Unit): string {
  return `${number(value)} ${unit}`;
}

/** Three digits are all that such a measurement has to say. */
function number(value: number): string {
  if (Number.isNaN(value)) return '–';
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value < 10 ? 2 : 1;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ' ');
}

function widthOf(cell: string): number {
  return Array.from(cell).length;
}
