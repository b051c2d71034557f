import { parseArgs } from 'node:util';
import { UserError } from '@fanfare/infra/user-error';
import { type FaultKind, FAULTS } from './ledger/evidence.ts';

export type Arguments = {
  seed: number;
  /** Null for one round of the faults, however long it takes. */
  minutes: number | null;
  faults: readonly FaultKind[];
  perSecond: number;
  help: boolean;
};

/** What two cores carry beside two replicas of everything, and what a long run's witnesses can still hold. */
const RATE_DEFAULT = 60;
const RATE_MAX = 300;
const MINUTES_MAX = 120;
const SEED_MAX = 2 ** 31;

export const USAGE = `npm run chaos -- [--minutes N] [--seed N] [--rate N] [--faults ${FAULTS.join(',')}]

Keeps sending through a stack and services of its own while it kills, stops, freezes and misleads them; then balances
what was promised against what the provider, the status topic, the truth and the read model say.
  --minutes  goes through the faults again and again for so long; without it once, some three minutes
  --seed     plans the same run again: what is sent, and which fault comes when
  --rate     notifications a second, ${RATE_DEFAULT} unless told
  --faults   some of the faults, separated by commas
The ledger is also written to .fanfare/chaos.json, the services' logs lie in .fanfare/chaos-logs. Ends with 1 when the
ledger does not balance.`;

/** @throws UserError for what is not known */
export function parseArguments(args: readonly string[], anySeed: () => number): Arguments {
  const { minutes, seed, rate, faults, help } = parse(args);
  return {
    seed: seed === undefined ? anySeed() : whole('--seed', seed, 0, SEED_MAX),
    minutes: minutes === undefined ? null : whole('--minutes', minutes, 1, MINUTES_MAX),
    perSecond: rate === undefined ? RATE_DEFAULT : whole('--rate', rate, 1, RATE_MAX),
    faults: faults.length === 0 ? FAULTS : faults.flatMap((list) => list.split(',')).map(faultOf),
    help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        seed: { type: 'string' },
        rate: { type: 'string' },
        faults: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UserError(`${name} must be a whole number from ${least} to ${most}, got ${text}.`);
}

function faultOf(name: string): FaultKind {
  const fault = FAULTS.find((known) => known === name);
  if (fault === undefined) throw new UserError(`There is no fault ${name}; there are ${FAULTS.join(', ')}.`);
  return fault;
}
