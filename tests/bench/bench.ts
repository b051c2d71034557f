import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '@fanfare/infra/screen';
import { startBareExpress, type BareExpress } from './load/loads.ts';
import { costWhile } from './measure/processes.ts';
import type { Plan } from './plan.ts';
import type { Simulator } from './simulator.ts';
import type { System } from './system.ts';
import type { WorkTopics } from './work-topics.ts';

/** What a measurement works with. */
export type Bench = {
  plan: Plan;
  system: System;
  simulator: Simulator;
  workTopics: WorkTopics;
  /** The same one for every figure that is held against it; started when first asked for. */
  bareExpress: () => Promise<BareExpress>;
  progress: Progress;
  signal: AbortSignal;
};

export type LazyBareExpress = { get: () => Promise<BareExpress>; stop: () => Promise<void> };

export function lazyBareExpress(signal: AbortSignal): LazyBareExpress {
  let started: Promise<BareExpress> | null = null;
  return {
    get: () => (started ??= startBareExpress(signal)),
    stop: async () => {
      // One that did not start has told so, to whoever asked for it.
      const express = await started?.catch(() => null);
      await express?.stop();
    },
  };
}

const QUIET_PERCENT = 20;
const QUIET_TIMEOUT_MS = 30_000;

/**
 * Waits until the services have worked off what they had to do, so that no figure pays for the one before.
 * Gives up silently: what a system does for ever is a part of its figures.
 */
export async function untilQuiet({ system, progress, signal }: Bench): Promise<void> {
  progress('settle until the services are quiet', 'moving');
  const giveUpAt = performance.now() + QUIET_TIMEOUT_MS;
  for (let quietSeconds = 0; quietSeconds < 2 && performance.now() < giveUpAt;) {
    const second = (): Promise<void> => sleep(1_000, undefined, { signal });
    const { cost } = await costWhile(system.servicePids(), second);
    const percent = Object.values(cost).reduce((sum, { cpuPercent }) => sum + cpuPercent, 0);
    quietSeconds = percent < QUIET_PERCENT ? quietSeconds + 1 : 0;
  }
}

const ARRIVAL_TIMEOUT_MS = 60_000;

/** Waits until so many notifications have arrived at the provider. @throws when they do not come */
export async function untilDelivered({ simulator, progress, signal }: Bench, count: number): Promise<void> {
  const giveUpAt = performance.now() + ARRIVAL_TIMEOUT_MS;
  for (;;) {
    const { acceptedKeys } = await simulator.stats();
    progress(`deliver ${acceptedKeys} of ${count}`, 'moving');
    if (acceptedKeys >= count) return;
    if (performance.now() > giveUpAt)
      throw new Error(`${acceptedKeys} of ${count} arrived within ${ARRIVAL_TIMEOUT_MS / 1_000} s`);
    await sleep(250, undefined, { signal });
  }
}

/**
 * Waits until delivery has committed everything: unlike quiet, it does not come while a record waits in memory for
 * the lease of a dead worker. @throws when it does not come
 */
export async function untilWorkedOff({ workTopics, progress, signal }: Bench): Promise<void> {
  const giveUpAt = performance.now() + ARRIVAL_TIMEOUT_MS;
  for (;;) {
    const queued = await workTopics.queued();
    progress(`deliver ${queued} still queued`, 'moving');
    if (queued === 0) return;
    if (performance.now() > giveUpAt)
      throw new Error(`${queued} were still queued after ${ARRIVAL_TIMEOUT_MS / 1_000} s`);
    await sleep(500, undefined, { signal });
  }
}
