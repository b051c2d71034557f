import { setTimeout as sleep } from 'node:timers/promises';
import { BARS } from '../bars.ts';
import { type Bench, untilQuiet } from '../bench.ts';
import type { Measured } from '../figure.ts';
import { startBareNode } from '../load/loads.ts';
import { costWhile, usageOfAll } from '../measure/processes.ts';
import { idleText, megabytes, toMegabytes, totalOf } from './costs.ts';
import { quantity } from '../table.ts';

/** What all services take while there is nothing to do. */
export async function measureIdle(bench: Bench): Promise<Measured> {
  const { system, progress, plan, signal } = bench;
  await untilQuiet(bench);
  progress(`idle ${plan.idle.seconds} s`, 'moving');
  const nap = (): Promise<void> => sleep(plan.idle.seconds * 1_000, undefined, { signal });
  const pids = { ...system.servicePids(), ...system.stackPids() };
  const { cost } = await costWhile(pids, nap);
  const split = Map.groupBy(Object.entries(cost), ([name]) => name in system.servicePids());
  const ours = Object.fromEntries(split.get(true) ?? []);
  const stack = Object.fromEntries(split.get(false) ?? []);
  const { simulator: _, ...withoutSimulator } = ours;
  const [all, fewer] = [totalOf(ours), totalOf(withoutSimulator)];
  const count = Object.keys(ours).length;
  const bareBytes = count * (await bareNodeBytes(signal));
  return {
    rows: [
      {
        figure: `idle memory, ${count} services`,
        value: toMegabytes(all.memoryBytes),
        unit: 'MB',
        bar: BARS.idle.memory,
        limit: { what: `${count} × node`, value: toMegabytes(bareBytes) },
      },
      {
        figure: `idle CPU, ${count} services`,
        value: all.cpuPercent,
        unit: '%',
        bar: BARS.idle.cpu,
        limit: null,
      },
    ],
    notes: [
      `idle: ${idleText(ours)}`,
      `idle: without the simulator ${megabytes(fewer.memoryBytes)}, ${quantity(fewer.cpuPercent, '%')} of a core`,
      `idle: the stack, for information: ${idleText(stack)}`,
    ],
    detail: { services: ours, stack },
  };
}

async function bareNodeBytes(signal: AbortSignal): Promise<number> {
  const { pid, stop } = await startBareNode(signal);
  const { node } = usageOfAll({ node: pid });
  await stop();
  return node?.memoryBytes ?? Number.NaN;
}
