import { parseArgs } from 'node:util';
import { type FigureKey, FIGURES } from './figure.ts';

export type Arguments = { only: readonly FigureKey[]; quick: boolean; help: boolean };

export const USAGE = `npm run bench -- [--only ${FIGURES.join(',')}] [--quick]

Measures Fanfare on a stack of its own and prints each figure beside its limit on this machine, measured in the same run.
  --only    some of the figures, separated by commas
  --quick   shorter loads, about a minute: less exact
The figures are also written to .fanfare/bench.json. Ends with 1 when a figure could not be measured.`;

/** @throws Error that says what is wrong, for a person */
export function parseArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const names = values.only.flatMap((list) => list.split(','));
  const only = names.length === 0 ? FIGURES : FIGURES.filter((figure) => names.includes(figure));
  const unknown = names.filter((name) => !FIGURES.some((figure) => figure === name));
  if (unknown.length > 0)
    throw new Error(`There is no figure ${unknown.join(', ')}; there are ${FIGURES.join(', ')}.`);
  return { only, quick: values.quick, help: values.help };
}
