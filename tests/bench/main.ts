// `npm run bench`: what this machine does with Fanfare, beside what it does without.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INTERRUPTED_CODE, onInterrupt } from '@fanfare/infra/interrupt';
import { createScreen, type Progress } from '@fanfare/infra/screen';
import { describeFailure } from '@fanfare/infra/user-error';
import { type Arguments, parseArguments, USAGE } from './arguments.ts';
import { lazyBareExpress } from './bench.ts';
import { describeMachine } from './machine.ts';
import { FULL, QUICK } from './plan.ts';
import { renderReport, type Report, toJson } from './report.ts';
import { takeFigures } from './run.ts';
import { askSimulator } from './simulator.ts';
import { openSystem } from './system.ts';
import { openWorkTopics } from './work-topics.ts';

const STATE_DIR = join(import.meta.dirname, '../../.fanfare');

async function main(): Promise<void> {
  const chosen = parseArguments(process.argv.slice(2));
  if (chosen.help) return console.log(USAGE);
  const interrupted = onInterrupt(() => process.exit(INTERRUPTED_CODE));
  const screen = createScreen(process.stderr);
  screen.heading('stack and services of its own');
  try {
    const report = await measure(chosen, screen.row, interrupted);
    console.log(`\n${renderReport(report)}\n\nwritten to ${save(report)}`);
    process.exitCode = report.outcomes.some((outcome) => 'failure' in outcome) ? 1 : 0;
  } catch (error) {
    if (!interrupted.aborted) throw error;
    screen.print('interrupted; what was started is stopped and its data removed');
    process.exitCode = INTERRUPTED_CODE;
  }
}

async function measure(chosen: Arguments, progress: Progress, interrupted: AbortSignal): Promise<Report> {
  const run = { machine: describeMachine(), quick: chosen.quick, startedAt: new Date() };
  const broken = new AbortController();
  const signal = AbortSignal.any([interrupted, broken.signal]);
  const bareExpress = lazyBareExpress(signal);
  const system = await openSystem({
    onProgress: progress,
    onBroken: (error) => broken.abort(error),
    signal,
    profileDir: chosen.profile ? join(STATE_DIR, 'bench-profiles') : null,
  });
  const workTopics = openWorkTopics(system.brokers);
  try {
    const simulator = askSimulator(system.ports.simulator);
    const plan = chosen.quick ? QUICK : FULL;
    const bench = { plan, system, simulator, workTopics, bareExpress: bareExpress.get, progress, signal };
    return { ...run, outcomes: await takeFigures(bench, chosen.only) };
  } finally {
    progress('stop what was started', 'moving');
    await workTopics.close();
    await Promise.all([system.close(), bareExpress.stop()]);
  }
}

function save(report: Report): string {
  mkdirSync(STATE_DIR, { recursive: true });
  const file = join(STATE_DIR, 'bench.json');
  writeFileSync(file, `${JSON.stringify(toJson(report), null, 2)}\n`);
  return file;
}

await main().catch((error: unknown) => {
  console.error(describeFailure(error));
  process.exitCode = 1;
});
