import { type Addresses, type LocalStack, type PartExit, startLocalStack } from '../local-stack/stack.ts';
import { describeExit } from '../process/child.ts';
import { formatElapsed, type Screen } from '../screen.ts';
import type { Complaints } from './complaints.ts';
import { restartUntilUp } from './restart.ts';
import type { StartSettings } from './settings.ts';

export type SupervisedStack = { addresses: Addresses; stop(): Promise<void> };
export type StackDeps = {
  screen: Screen;
  settings: StartSettings;
  signal: AbortSignal;
  complaints: Complaints;
};

/** How long services may still speak of a part that is back already. */
const HUSH_MS = 10_000;

/** The local stack on its fixed ports; a part that dies is started again on the same data. */
export async function superviseStack(deps: StackDeps): Promise<SupervisedStack> {
  const { screen, settings, signal } = deps;
  const { dataDir: dir, stackPorts: ports, servicePorts: otherPorts } = settings;
  const state: { stack?: LocalStack } = {};
  const onExit = (exit: PartExit): void => void restart(exit, state.stack, deps);
  const stack = await startLocalStack({ dir, ports, otherPorts, onProgress: screen.row, onExit, signal });
  state.stack = stack;
  return { addresses: stack.addresses, stop: () => stack.stop() };
}

async function restart(
  { name, exit, lastLines }: PartExit,
  stack: LocalStack | undefined,
  { screen, signal, complaints }: StackDeps,
): Promise<void> {
  const diedAt = performance.now();
  const speak = complaints.hush();
  screen.print(`  ! ${name} ended by itself (${describeExit(exit)}); starting it again on the same data`);
  if (exit.signal === null) for (const line of lastLines) screen.print(`      ${line}`);
  await restartUntilUp(name, () => stack?.processes[name].restart() ?? Promise.resolve(), screen, signal);
  setTimeout(speak, HUSH_MS).unref();
  if (!signal.aborted) screen.print(`    ${name} is back after ${formatElapsed(performance.now() - diedAt)}`);
}
