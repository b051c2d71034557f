// `npm run chaos`: everything that may go wrong does, and then the books are balanced.
import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INTERRUPTED_CODE, onInterrupt } from '@fanfare/infra/interrupt';
import { createScreen } from '@fanfare/infra/screen';
import { describeFailure } from '@fanfare/infra/user-error';
import { parseArguments, USAGE } from './arguments.ts';
import { type Outcome, runChaos } from './chaos.ts';
import { isBalanced } from './ledger/balance.ts';
import { renderOutcome, toJson } from './report.ts';

const STATE_DIR = join(import.meta.dirname, '../../.fanfare');

async function main(): Promise<void> {
  const chosen = parseArguments(process.argv.slice(2), () => randomInt(1_000_000));
  if (chosen.help) return console.log(USAGE);
  const signal = onInterrupt(() => process.exit(INTERRUPTED_CODE));
  const screen = createScreen(process.stderr);
  screen.heading(`chaos with seed ${chosen.seed}, on a stack and services of its own`);
  try {
    const logDir = join(STATE_DIR, 'chaos-logs');
    const outcome = await runChaos({ ...chosen, progress: screen.row, signal, logDir });
    console.log(`\n${renderOutcome(outcome)}\n\nwritten to ${save(outcome)}`);
    process.exitCode = isBalanced(outcome.ledger) ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    screen.print('interrupted; what was started is stopped and its data removed');
    process.exitCode = INTERRUPTED_CODE;
  }
}

function save(outcome: Outcome): string {
  mkdirSync(STATE_DIR, { recursive: true });
  const file = join(STATE_DIR, 'chaos.json');
  writeFileSync(file, `${JSON.stringify(toJson(outcome), null, 2)}\n`);
  return file;
}

await main().catch((error: unknown) => {
  console.error(describeFailure(error));
  process.exitCode = 1;
});
