import { type Channel, CHANNELS } from '@fanfare/contracts';
import type { LanesMeant } from '@fanfare/db';
import { type AddFault, type Input, oneOf, read, valueOf } from './request-fields.ts';

const REASON_LENGTH_MAX = 200;
/** One line of printable code points. */
const REASON = new RegExp(String.raw`^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,${REASON_LENGTH_MAX}}$`, 'u');
/** Whatever a provider may be called; nothing that Postgres does not store. */
const PROVIDER = /^[\x21-\x7e]{1,100}$/;

/** Where a request goes: to one lane of a channel, or to all of them. */
export type LanePath = { channel: string; provider?: string };

/** Null when there can be no such lane. */
export function meantBy({ channel: name, provider }: LanePath): LanesMeant | null {
  const channel = CHANNELS.find((known) => known === name);
  if (channel === undefined || (provider !== undefined && !PROVIDER.test(provider))) return null;
  return provider === undefined ? { channel } : { channel, provider };
}

/** @throws ProblemError with every fault of the query at once */
export function readLaneFilter(query: unknown): Channel | null {
  return read(query, ({ input, fault }) => oneOf(CHANNELS, input, 'channel', fault, 'invalid-channel'));
}

/**
 * The body may be left out.
 * @returns why the lane is paused, or null
 * @throws ProblemError with every fault of the body at once
 */
export function readPause(body: unknown): string | null {
  return read(body ?? {}, ({ input, fault }) => reason(input, fault));
}

/** @throws ProblemError with every field there is, as there may be none */
export function readResume(body: unknown): void {
  read(body ?? {}, () => null);
}

function reason(input: Input, fault: AddFault): string | null {
  const value = valueOf(input, 'reason');
  if (value === undefined) return null;
  if (typeof value === 'string' && REASON.test(value) && value.trim() !== '') return value;
  fault('reason', `must be one line of 1 to ${REASON_LENGTH_MAX} printable characters, and not blank`);
  return null;
}
