import { CHANNELS, DEAD_LETTER_REASONS, DEAD_LETTER_STATES } from '@fanfare/contracts';
import { type Flag, type Given, UsageError } from './command.ts';
import { moment } from './moment.ts';

/** Which dead letters are meant, as the API takes it. */
export type Filter = Partial<Record<'channel' | 'reason' | 'after' | 'before' | 'state', string>>;

export const FILTER_FLAGS = {
  channel: { value: 'CHANNEL', help: `One of ${CHANNELS.join(', ')}` },
  reason: { value: 'REASON', help: `One of ${listed(DEAD_LETTER_REASONS)}` },
  after: {
    value: 'TIME',
    help: 'Became one at this time or later: 2h, 3d (ago), 2030-01-31, 2030-01-31T09:00:00Z',
  },
  before: { value: 'TIME', help: 'Became one before this time' },
} satisfies Record<string, Flag>;

export const STATE_FLAG = {
  state: {
    value: 'STATE',
    help: `One of ${DEAD_LETTER_STATES.join(', ')}; open is what no redrive has looked at`,
  },
} satisfies Record<string, Flag>;

/** The filter that the flags say. What is wrong with a word in it, the API knows. */
export function filterOf({ texts }: Given, nowMs: number): Filter {
  const { channel, reason, after, before, state } = texts;
  const filter = { channel, reason, after: time(after, nowMs), before: time(before, nowMs), state };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** Either some by id, or those that match. */
export function refuseBoth({ operands }: Given, filter: Filter): void {
  if (operands.length > 0 && Object.keys(filter).length > 0)
    throw new UsageError('Give ids or a filter, not both.');
}

function time(text: string | undefined, nowMs: number): string | undefined {
  return text === undefined ? undefined : (moment(text, nowMs) ?? text);
}

function listed(words: readonly string[]): string {
  const middle = Math.ceil(words.length / 2);
  return `${words.slice(0, middle).join(', ')},\n${words.slice(middle).join(', ')}`;
}
