import { closest } from './closest.ts';
import { UsageError } from './command.ts';
import type { Lane, LanesMeant } from './lanes-api.ts';

export const NO_LANES =
  'There are no lanes: no delivery process has announced any. `npm start` starts one with all the rest.';

/** `sms/primary`, or `sms` for all of its lanes. */
export function nameOf({ channel, provider }: LanesMeant): string {
  return provider === undefined ? channel : `${channel}/${provider}`;
}

/** The lanes that were named. Whether there are such, the API knows. */
export function lanesNamed(text: string | undefined): LanesMeant {
  if (text === undefined) throw new UsageError('Which one? `fanfare lanes ls` lists them.');
  const [, channel, provider] = /^(\w[^\s/]*)(?:\/(\w[^\s/]*))?$/.exec(text) ?? [];
  if (channel === undefined)
    throw new UsageError(`Name a channel or one of its lanes, \`sms\` or \`sms/primary\`, not \`${text}\`.`);
  return provider === undefined ? { channel } : { channel, provider };
}

/** What to say of a name that stands for none of the lanes there are. */
export function unknownLane(wanted: string, lanes: Lane[]): string {
  if (lanes.length === 0) return NO_LANES;
  const names = lanes.map(nameOf);
  const meant = closest(wanted, [...new Set(lanes.map(({ channel }) => channel)), ...names]);
  const hint = meant === null ? `There are: ${names.join(', ')}.` : `Did you mean \`${meant}\`?`;
  return `There is no lane \`${wanted}\`. ${hint}`;
}
