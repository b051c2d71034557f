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

/** `ingest 81 µs, kafka 30 µs, ...`: CPU spent for each of `count`. Unlike rates, it is the same on a busy machine. */
export function costEachText(cost: Cost, count: number): string {
  return Object.entries(cost)
    .toSorted(([, a], [, b]) => b.cpuMs - a.cpuMs)
    .map(([name, { cpuMs }]) => `${name} ${Math.round((cpuMs * 1_000) / count)} µs`)
    .join(', ');
}

export function totalOf(cost: Cost): ProcessCost {
  return Object.values(cost).reduce(add, NOTHING);
}

/** Of several stretches of time, by name. */
export function sumOf(costs: readonly Cost[]): Cost {
  const sums: Cost = {};
  for (const [name, one] of costs.flatMap((cost) => Object.entries(cost)))
    sums[name] = add(sums[name] ?? NOTHING, one);
  return sums;
}

const NOTHING: ProcessCost = { cpuMs: 0, cpuPercent: 0, memoryBytes: 0 };

function add(a: ProcessCost, b: ProcessCost): ProcessCost {
  return {
    cpuMs: a.cpuMs + b.cpuMs,
    cpuPercent: a.cpuPercent + b.cpuPercent,
    memoryBytes: a.memoryBytes + b.memoryBytes,
  };
}

export function megabytes(bytes: number): string {
  return quantity(toMegabytes(bytes), 'MB');
}

/** As 10^6 bytes. */
export function toMegabytes(bytes: number): number {
  return bytes / 1e6;
}
