import { ApiError } from './ask.ts';
import { type Command, type CommandDeps, CommandFailed, DONE_CODE, type Given } from './command.ts';
import type { Lane, LanesMeant } from './lanes-api.ts';
import { lanesNamed, nameOf, unknownLane } from './lanes-name.ts';

const OPERANDS = { usage: 'CHANNEL[/PROVIDER]', max: 1 };
const JSON_FLAG = { json: { help: 'Print JSON: items, the lanes as they are then' } };

export const lanesPause: Command = {
  name: 'lanes pause',
  summary: 'Call a provider no more, until it is resumed',
  operands: OPERANDS,
  flags: {
    reason: { value: 'TEXT', help: 'Why, for whoever lists lanes; up to 200 characters' },
    ...JSON_FLAG,
  },
  manual: `\`sms/primary\` is one lane, \`sms\` every lane of the channel that there is now. Within a second no delivery process
calls the provider any more; calls under way end by themselves. The next provider of the channel takes over. Where
there is none, notifications wait: no attempt is used, but what has an \`expires_at\` may expire. It lasts until
\`fanfare lanes resume\`, whatever is restarted, and does not ask: nothing is lost by it.`,
  run: async (deps, given) => {
    const meant = lanesNamed(given.operands[0]);
    const lanes = await known(deps, meant, deps.api.lanes.pause(meant, given.texts['reason'] ?? null));
    report(deps, given, lanes);
    if (meant.provider === undefined)
      deps.terminal.tell(`Nothing of ${meant.channel} is sent until it is resumed.`);
    return DONE_CODE;
  },
};

export const lanesResume: Command = {
  name: 'lanes resume',
  summary: 'Call a provider again',
  operands: OPERANDS,
  flags: JSON_FLAG,
  manual: `\`sms/primary\` is one lane, \`sms\` every lane of the channel. It ends an operator's pause, and the one that the
provider itself asked for. A lane that is open stays so.`,
  run: async (deps, given) => {
    const meant = lanesNamed(given.operands[0]);
    report(deps, given, await known(deps, meant, deps.api.lanes.resume(meant)));
    return DONE_CODE;
  },
};

/** A name that the API does not know is mostly a slip. */
async function known({ api }: CommandDeps, meant: LanesMeant, change: Promise<Lane[]>): Promise<Lane[]> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    throw new CommandFailed(unknownLane(nameOf(meant), await api.lanes.list(null)));
  }
}

function report({ terminal }: CommandDeps, { flags }: Given, lanes: Lane[]): void {
  const lines = lanes.map((lane) => `${nameOf(lane)} is ${lane.status}.`);
  terminal.print(flags.has('json') ? JSON.stringify({ items: lanes }) : lines.join('\n'));
}
