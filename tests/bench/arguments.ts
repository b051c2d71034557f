import { parseArgs } from 'node:util';
import { UserError } from '@fanfare/infra/user-error';
import { type FigureKey, FIGURES } from './figure.ts';

export type Arguments = { only: readonly FigureKey[]; quick: boolean; profile: boolean; help: boolean };

export const USAGE = `npm run bench -- [--only ${FIGURES.join(',')}] [--quick] [--profile]

Measures Fanfare on a stack of its own and prints each figure beside its limit on this machine, measured in the same run.
  --only    some of the figures, separated by commas
  --quick   shorter loads, about six minutes instead of twenty: less exact
  --profile leaves a CPU profile of each service in .fanfare/bench-profiles, for the browser's developer tools;
            being watched costs the services about a tenth
The figures are also written to .fanfare/bench.json. Ends with 1 when a figure could not be measured.`;

/** @throws UserError for what is not known */
export function parseArguments(args: readonly string[]): Arguments {
  const { only, ...flags } = parse(args);
  const names = only.flatMap((list) => list.split(','));
  const unknown = names.filter((name) => !FIGURES.some((figure) => figure === name));
  if (unknown.length > 0)
    throw new UserError(`There is no figure ${unknown.join(', ')}; there are ${FIGURES.join(', ')}.`);
  return {
    only: names.length === 0 ? FIGURES : FIGURES.filter((figure) => names.includes(figure)),
    ...flags,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        quick: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}
