import type { Update } from './live-frame.ts';
import { span } from './span.ts';
import { cut, pad, printable } from './table.ts';
import type { Style } from './terminal.ts';

/** How status lines are written: what comes later cannot widen what was printed, so columns are as wide as this. */
const COLUMNS = [
  ['TIME', 13],
  ['STATUS', 10],
  ['CHANNEL', 7],
  ['ID', 36],
  ['ATTEMPT', 7],
  ['PROVIDER', 10],
] as const;
const GAP = 2;
/** A last column cut shorter than this says nothing. */
const DETAIL_MIN = 20;
const BEFORE_DETAIL = COLUMNS.reduce((total, [, width]) => total + width + GAP, 0);

export const STATUS_HEADER = lineOf([...COLUMNS.map(([name]) => name), 'DETAIL']);

export type LinePaper = {
  /** Characters in a line, or null where nobody counts them. */
  columns: number | null;
  paint: (style: Style, text: string) => string;
};

/** `12:00:00.123Z  retrying    sms      <id>  1/5      backup      again in 30s, HTTP 503` */
export function statusLine(update: Update, { columns, paint }: LinePaper): string {
  const { at, status, channel, notification_id, attempt, max_attempts, provider } = update;
  const room = columns === null ? Infinity : Math.max(DETAIL_MIN, columns - BEFORE_DETAIL);
  const cells = [
    at.slice(at.indexOf('T') + 1),
    status,
    channel,
    notification_id,
    attempt === 0 ? '-' : `${attempt}/${max_attempts}`,
    provider ?? '-',
  ].map(printable);
  return lineOf([...cells, cut(detailOf(update), room)], (name, cell) =>
    name === 'STATUS' ? paint(styleOf(status), cell) : cell,
  );
}

/** When it goes on, why it is where it is, or what the provider calls it. */
function detailOf({ status, reason, at, next_retry_at, provider_message_id }: Update): string {
  const again =
    status === 'retrying' && next_retry_at !== null
      ? `again in ${span(Date.parse(next_retry_at) - Date.parse(at))}`
      : null;
  const message = status === 'delivered' ? provider_message_id : null;
  const known = [again, reason, message].filter((part) => part !== null);
  return printable(known.join(', '));
}

const STYLES: Record<string, Style> = {
  processing: 'cyan',
  retrying: 'yellow',
  delivered: 'green',
  failed: 'red',
  cancelled: 'magenta',
  expired: 'magenta',
};

export function styleOf(status: string): Style {
  return STYLES[status] ?? 'dim';
}

function lineOf(cells: string[], dress = (_: string, cell: string): string => cell): string {
  const padded = cells.map((cell, index) => {
    const [name, width] = COLUMNS[index] ?? ['', 0];
    // Dressed before it is padded, for colour takes no room.
    const gap = pad(cell, width).slice(cell.length) + ' '.repeat(GAP);
    return dress(name, cell) + (index === COLUMNS.length ? '' : gap);
  });
  return padded.join('').trimEnd();
}
