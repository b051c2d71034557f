import { readdirSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

/** What a process has used so far. */
export type Usage = { cpuMs: number; memoryBytes: number };
export type Pids = Readonly<Record<string, number>>;

/** CPU in per cent of one core, memory at the end, by name. */
export type ProcessCost = { cpuMs: number; cpuPercent: number; memoryBytes: number };
export type Cost = Record<string, ProcessCost>;

/** What each process costs while `run` runs. A process is counted with all its children. */
export async function costWhile<T>(pids: Pids, run: () => Promise<T>): Promise<{ result: T; cost: Cost }> {
  const before = usageOfAll(pids);
  const startedAt = performance.now();
  const result = await run();
  const elapsedMs = performance.now() - startedAt;
  return { result, cost: costBetween(before, usageOfAll(pids), elapsedMs) };
}

function costBetween(before: Record<string, Usage>, after: Record<string, Usage>, elapsedMs: number): Cost {
  return Object.fromEntries(
    Object.entries(after).map(([name, { cpuMs, memoryBytes }]) => {
      const usedMs = cpuMs - (before[name]?.cpuMs ?? 0);
      return [name, { cpuMs: usedMs, cpuPercent: (usedMs / elapsedMs) * 100, memoryBytes }];
    }),
  );
}

/** @throws when one of them is gone: its cost would be missed silently */
export function usageOfAll(pids: Pids): Record<string, Usage> {
  const processes = process.platform === 'linux' ? readProcesses() : askPs();
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => {
      const family = familyOf(pid, processes);
      if (family.length === 0) throw new Error(`${name} (pid ${pid}) is not running`);
      return [name, { cpuMs: sum(family, 'cpuMs'), memoryBytes: sum(family, 'memoryBytes') }];
    }),
  );
}

/** The most memory that a process has had. Only Linux keeps that; elsewhere it is what the process has now. */
export function peakMemory(pid: number): number {
  if (process.platform === 'linux') return statusBytes(pid, 'VmHWM');
  return usageOfAll({ process: pid })['process']?.memoryBytes ?? Number.NaN;
}

type Process = Usage & { pid: number; parent: number };

function familyOf(pid: number, processes: readonly Process[]): Process[] {
  return processes.flatMap((one) => {
    if (one.pid === pid) return [one];
    return one.parent === pid ? familyOf(one.pid, processes) : [];
  });
}

function sum(family: readonly Process[], field: 'cpuMs' | 'memoryBytes'): number {
  return family.reduce((total, one) => total + one[field], 0);
}

/** /proc counts CPU in ticks of USER_HZ, which is 100 a second on every Linux that Node runs on. */
const TICK_MS = 10;

function readProcesses(): Process[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return [readProcess(Number(entry))];
    } catch {
      // Gone between the listing and the reading.
      return [];
    }
  });
}

function readProcess(pid: number): Process {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is a name in parentheses, with anything in it; those behind it are numbered from 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [parent = 0] = fields.slice(1, 2).map(Number);
  // 14 to 17: utime, stime, and those of children that have ended, so that their time is not lost with them.
  const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
  return { pid, parent, cpuMs: ticks * TICK_MS, memoryBytes: statusBytes(pid, 'VmRSS') };
}

function statusBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1_024;
}

function askPs(): Process[] {
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,ppid=,rss=,time='], { encoding: 'utf8' });
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, rss, time = ''] = line.trim().split(/\s+/);
      return {
        pid: Number(pid),
        parent: Number(parent),
        memoryBytes: Number(rss) * 1_024,
        cpuMs: parseCpuTime(time),
      };
    });
}

/** `1-02:03:04` or `3:04.05`: days, hours, minutes, seconds as far as there are any. */
export function parseCpuTime(text: string): number {
  const [clock = '', days = '0'] = text.split('-').toReversed();
  const seconds = clock.split(':').reduce((total, part) => total * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1_000;
}
