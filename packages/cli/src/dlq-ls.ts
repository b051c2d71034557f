import type { Letter } from './api.ts';
import { type Command, type CommandDeps, DONE_CODE, type Given, UsageError } from './command.ts';
import { FILTER_FLAGS, filterOf, STATE_FLAG } from './dlq-filter.ts';
import { table } from './table.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 10_000;
/** What the API gives at most. */
const PAGE_MAX = 200;

export const dlqLs: Command = {
  name: 'dlq ls',
  summary: 'List dead letters, the newest first',
  flags: {
    ...FILTER_FLAGS,
    ...STATE_FLAG,
    limit: { value: 'N', help: `So many, ${LIMIT_DEFAULT} unless told, at most ${LIMIT_MAX}` },
    cursor: { value: 'CURSOR', help: 'Go on where a list before ended' },
    json: { help: 'Print JSON: items, next_cursor' },
  },
  run: list,
};

async function list(deps: CommandDeps, given: Given): Promise<number> {
  const { terminal } = deps;
  const { items, next_cursor } = await pages(deps, given, limitOf(given));
  if (given.flags.has('json')) terminal.print(JSON.stringify({ items, next_cursor }, null, 2));
  else if (items.length === 0) terminal.tell('No dead letters.');
  else terminal.print(table(HEADERS, items.map(rowOf), terminal.columns));
  if (next_cursor !== null) terminal.tell(`There are more: add --cursor ${next_cursor}`);
  return DONE_CODE;
}

async function pages({ api, now }: CommandDeps, given: Given, limit: number) {
  const filter = filterOf(given, now());
  const items: Letter[] = [];
  let cursor = given.texts['cursor'] ?? null;
  do {
    const page = await api.list(filter, { limit: Math.min(PAGE_MAX, limit - items.length), cursor });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && items.length < limit);
  return { items, next_cursor: cursor };
}

function limitOf({ texts }: Given): number {
  const text = texts['limit'] ?? String(LIMIT_DEFAULT);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new UsageError(`--limit must be a whole number from 1 to ${LIMIT_MAX}.`);
}

const HEADERS = ['CREATED', 'ID', 'CHANNEL', 'REASON', 'STATE', 'NOW', 'MESSAGE'];

function rowOf(letter: Letter): string[] {
  const { created_at, id, channel, reason, resolution, notification_status, message } = letter;
  const created = created_at.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  return [
    created,
    id,
    channel ?? '-',
    reason,
    resolution ?? 'open',
    notification_status ?? '-',
    message ?? '',
  ];
}
