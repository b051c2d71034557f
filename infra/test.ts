// `npm test`: every test, on one stack that is there for this run alone.
import { startTestStack } from '@fanfare/testkit';
import { INTERRUPTED_CODE, onInterrupt } from './process/interrupt.ts';
import { createScreen } from './screen.ts';
import { describeFailure } from './user-error.ts';
import { readArguments } from './test/arguments.ts';
import { describeTally, runMocha, type Tally } from './test/run-mocha.ts';

/** What a test left open (a server, a consumer, a timer) keeps the process alive; so long it may take to close. */
const DRAIN_MS = 10_000;

async function main(): Promise<void> {
  const signal = onInterrupt(() => process.exit(INTERRUPTED_CODE));
  const run = readArguments(process.argv.slice(2));
  const screen = createScreen();
  screen.heading('stack of its own');
  const stack = await startTestStack(screen.row, signal);
  Object.assign(process.env, stack.addresses);
  const tally = await runMocha(run, signal);
  await stack.stop();
  if (signal.aborted) console.log('interrupted; the stack is stopped and removed');
  reportAtExit(tally, signal);
}

/** The last line of all, after the event loop ran empty; a run that leaves something open fails, and says what. */
function reportAtExit(tally: Tally, signal: AbortSignal): void {
  const leak = setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((kind) => !/^(TTY|Pipe)Wrap$|^Timeout$/.test(kind));
    console.error(`still open ${DRAIN_MS / 1000} s after the last test: ${open.join(', ') || 'a timer'}`);
    tally.failed += 1;
    process.exit(1);
  }, DRAIN_MS);
  leak.unref();
  process.exitCode = signal.aborted ? INTERRUPTED_CODE : Math.min(tally.failed, 1);
  process.once('exit', () => console.log(describeTally(tally)));
}

await main().catch((error: unknown) => {
  console.error(describeFailure(error));
  console.log(describeTally({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
});
