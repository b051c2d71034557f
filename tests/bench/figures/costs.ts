import type { Cost, ProcessCost } from '../measure/processes.ts';
import { quantity } from '../table.ts';

/** `ingest 98 %, postgres 60 %, ...`: the dearest first. */
export function costsText(cost: Cost): string {
  return Object.entries(cost)
    .toSorted(([, a], [, b]) => b.cpuPercent - a.cpuPercent)
    .map(([name, { cpuPercent }]) => `${name} ${Math.round(cpuPercent)} %`)
    .join(', ');
}

/** `ingest 92 MB 1.5 %, ...` */
export function idleText(cost: Cost): string {
  return Object.entries(cost)
    .toSorted(([, a], [, b]) => b.memoryBytes - a.memoryBytes)
    .map(([name, one]) => `${name} ${megabytes(one.memoryBytes)} ${quantity(one.cpuPercent, '%')}`)
    .join(', ');
}

export function totalOf(cost: Cost): ProcessCost {
  return Object.values(cost).reduce(
    (total, { cpuPercent, memoryBytes }) => ({
      cpuPercent: total.cpuPercent + cpuPercent,
      memoryBytes: total.memoryBytes + memoryBytes,
    }),
    { cpuPercent: 0, memoryBytes: 0 },
  );
}

/** Of several stretches of the same length. */
export function meanCost(costs: readonly Cost[]): Cost {
  const names = Object.keys(costs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, meanOf(costs.flatMap((cost) => cost[name] ?? []))]));
}

function meanOf(stretches: readonly ProcessCost[]): ProcessCost {
  const { cpuPercent, memoryBytes } = totalOf(Object.fromEntries(stretches.entries()));
  return { cpuPercent: cpuPercent / stretches.length, memoryBytes: memoryBytes / stretches.length };
}

export function megabytes(bytes: number): string {
  return quantity(toMegabytes(bytes), 'MB');
}

/** As 10^6 bytes. */
export function toMegabytes(bytes: number): number {
  return bytes / 1e6;
}
