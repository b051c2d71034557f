// `npm run bench`: what this machine does with Fanfare, beside what it does without.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Arguments, parseArguments, USAGE } from './arguments.ts';
import { lazyBareExpress } from './bench.ts';
import { describeMachine } from './machine.ts';
import { FULL, QUICK } from './plan.ts';
import { createProgress, type Progress } from './progress.ts';
import { renderReport, type Report, toJson } from './report.ts';
import { takeFigures } from './run.ts';
import { askSimulator } from './simulator.ts';
import { openSystem } from './system.ts';

const STATE_DIR = join(import.meta.dirname, '../../.fanfare');

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const chosen = parseArguments(args);
    if (chosen.help) console.log(USAGE);
    return chosen.help ? 0 : await bench(chosen);
  } catch (error) {
    console.error(describe(error));
    return 1;
  }
}

async function bench(chosen: Arguments): Promise<number> {
  const progress = createProgress(process.stderr);
  const stopping = stopOnSignals(progress);
  try {
    const report = await measure(chosen, progress, stopping);
    progress.clear();
    const file = save(report);
    console.log(`\n${renderReport(report)}\n\nwritten to ${file}`);
    return report.outcomes.some((outcome) => 'failure' in outcome) ? 1 : 0;
  } finally {
    progress.clear();
  }
}

async function measure(chosen: Arguments, progress: Progress, stopping: AbortController): Promise<Report> {
  const { signal } = stopping;
  const base = { machine: describeMachine(), quick: chosen.quick, startedAt: new Date() };
  const bareExpress = lazyBareExpress(signal);
  const system = await openSystem({
    dir: join(STATE_DIR, `bench-${process.pid}`),
    onProgress: progress.say,
    onBroken: (error) => stopping.abort(error),
    signal,
  });
  try {
    const simulator = askSimulator(system.ports.simulator);
    const plan = chosen.quick ? QUICK : FULL;
    const parts = { plan, system, simulator, bareExpress: bareExpress.get, progress: progress.say, signal };
    return { ...base, outcomes: await takeFigures(parts, chosen.only) };
  } finally {
    progress.say('stopping what was started');
    await Promise.all([system.close(), bareExpress.stop()]);
  }
}

/** A run that is given up cleans up like one that ends; a signal that follows is for the same wish. */
function stopOnSignals(progress: Progress): AbortController {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      progress.say('given up; stopping what was started');
      stopping.abort(new GivenUp('given up'));
    });
  return stopping;
}

class GivenUp extends Error {}

function save(report: Report): string {
  mkdirSync(STATE_DIR, { recursive: true });
  const file = join(STATE_DIR, 'bench.json');
  writeFileSync(file, `${JSON.stringify(toJson(report), null, 2)}\n`);
  return file;
}

/** What a person can mend is told without a stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'UserError' || error instanceof GivenUp
    ? error.message
    : (error.stack ?? error.message);
}
