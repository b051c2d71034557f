import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { waitUntil } from '../wait.ts';

/**
 * The command line of a live process, undefined when there is none. A pid alone says nothing: after a reboot it may
 * belong to anyone, so whoever ends a process by a pid read from a file compares this first.
 */
export function commandLine(pid: number): string | undefined {
  const line = process.platform === 'linux' ? readProc(pid) : askPs(pid);
  return line === '' ? undefined : line;
}

function readProc(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function askPs(pid: number): string {
  return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

/** Ends a process that is not a child of ours: softly, and after the bound for good. */
export async function endProcess(pid: number, stopSignal: NodeJS.Signals, graceMs = 10_000): Promise<void> {
  const isGone = (): boolean => commandLine(pid) === undefined;
  signal(pid, stopSignal);
  if (await waitUntil(isGone, graceMs)) return;
  signal(pid, 'SIGKILL');
  await waitUntil(isGone, 5_000);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone meanwhile: what was wanted.
  }
}
