import { CHANNELS } from '@fanfare/contracts';
import { type Command, type CommandDeps, DONE_CODE, type Given } from './command.ts';
import type { Lane } from './lanes-api.ts';
import { NO_LANES, nameOf } from './lanes-name.ts';
import { span } from './span.ts';
import { table } from './table.ts';

export const lanesLs: Command = {
  name: 'lanes ls',
  summary: 'List the lanes, providers of a channel, and whether they are open',
  flags: {
    channel: { value: 'CHANNEL', help: `One of ${CHANNELS.join(', ')}` },
    json: { help: 'Print JSON: items' },
  },
  manual: `A lane is one provider of one channel. Position 0 of a channel is asked first, the next one while it is shut.

  open       as far as operators and the provider are concerned
  paused     by \`fanfare lanes pause\`; FOR is how long already
  throttled  the provider asked for a pause; FOR is how much longer

SEEN is when a delivery process last said that it serves the lane, which each does every minute.`,
  run: list,
};

async function list({ api, terminal, now }: CommandDeps, { texts, flags }: Given): Promise<number> {
  const channel = texts['channel'] ?? null;
  const items = await api.lanes.list(channel);
  if (flags.has('json')) terminal.print(JSON.stringify({ items }, null, 2));
  else if (items.length === 0) terminal.tell(channel === null ? NO_LANES : `No lanes of ${channel}.`);
  else {
    const nowMs = now();
    const rows = items.map((lane) => rowOf(lane, nowMs));
    terminal.print(table(HEADERS, rows, terminal.columns));
  }
  return DONE_CODE;
}

const HEADERS = ['LANE', 'POSITION', 'STATUS', 'FOR', 'SEEN', 'REASON'];

function rowOf(lane: Lane, nowMs: number): string[] {
  const { position, status, seen_at, paused_reason } = lane;
  const seen = `${span(nowMs - Date.parse(seen_at))} ago`;
  return [nameOf(lane), String(position), status, shutFor(lane, nowMs), seen, paused_reason ?? ''];
}

function shutFor({ status, paused_at, throttled_until }: Lane, nowMs: number): string {
  if (status === 'paused' && paused_at !== null) return span(nowMs - Date.parse(paused_at));
  if (status === 'throttled' && throttled_until !== null)
    return `${span(Date.parse(throttled_until) - nowMs)} more`;
  return '-';
}
