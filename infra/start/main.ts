// `npm start`: the whole system on this machine, until Ctrl-C. Data stays in .fanfare/data for the next start.
import { parseArgs } from 'node:util';
import { INTERRUPTED_CODE, onInterrupt } from '../process/interrupt.ts';
import { prepare } from '../prepare.ts';
import { createScreen, formatElapsed, type Screen } from '../screen.ts';
import { describeFailure } from '../user-error.ts';
import { createComplaints } from './complaints.ts';
import { describeAddresses } from './addresses.ts';
import { showSamples } from './samples.ts';
import { readSettings, shown } from './settings.ts';
import { type SupervisedServices, superviseServices } from './supervise-services.ts';
import { type StackDeps, type SupervisedStack, superviseStack } from './supervise-stack.ts';

async function main(screen: Screen): Promise<void> {
  const signal = onInterrupt(() => process.exit(INTERRUPTED_CODE));
  const { values } = parseArgs({ options: { 'no-samples': { type: 'boolean' } } });
  const settings = readSettings(process.env);
  screen.print(
    `Fanfare on your machine. Ctrl-C ends all of it; its data stays in ${shown(settings.dataDir)}.`,
  );
  const running = await bringUp({ screen, settings, signal, complaints: createComplaints(screen, signal) });
  try {
    if (values['no-samples'] !== true) await trySamples(screen, running.services.url('ingest'), signal);
    screen.print(describeAddresses(settings, running.stack.addresses));
    await untilAborted(signal);
  } finally {
    await takeDown(screen, running);
  }
}

type Running = { stack: SupervisedStack; services: SupervisedServices };

async function bringUp(deps: StackDeps): Promise<Running> {
  const { screen, settings, signal, complaints } = deps;
  // While starting, what is not there yet is no fault; a start that fails shows the end of its log.
  const speak = complaints.hush();
  screen.heading('stack');
  const stack = await superviseStack(deps);
  try {
    const env = { ...process.env, ...settings.env, ...stack.addresses };
    screen.heading('prepare');
    await prepare(env, screen.row);
    signal.throwIfAborted();
    screen.heading('services');
    const services = await superviseServices({ ...deps, env });
    speak();
    return { stack, services };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Samples that fail are no reason to end what runs. */
async function trySamples(screen: Screen, url: string, signal: AbortSignal): Promise<void> {
  try {
    await showSamples({ screen, url, signal });
  } catch (error) {
    if (!signal.aborted) screen.print(`  ! the samples did not go through: ${describeFailure(error)}`);
  }
}

/** Services before the stack: what they have in flight still needs it. */
async function takeDown(screen: Screen, { services, stack }: Running): Promise<void> {
  const started = performance.now();
  screen.setFooter([]);
  screen.heading('stopping; Ctrl-C again ends everything at once');
  await services.stop();
  await stack.stop();
  screen.print(`\nStopped in ${formatElapsed(performance.now() - started)}.`);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // The services' pipes keep the process alive meanwhile.
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

// A closed terminal still lets us stop everything; only what is said then is lost.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

await main(createScreen()).catch((error: unknown) => {
  console.error(`\n${describeFailure(error)}`);
  process.exitCode = error instanceof Error && error.name === 'Interrupted' ? INTERRUPTED_CODE : 1;
});
