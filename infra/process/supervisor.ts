import { readFileSync, writeFileSync } from 'node:fs';
import { commandLine } from './identity.ts';

/** A process that starts others: its pid, and its command line to tell it from whoever has that pid later. */
export type Supervisor = { pid: number; command: string };

export function thisProcess(): Supervisor {
  return { pid: process.pid, command: commandLine(process.pid) ?? '' };
}

export function isAlive({ pid, command }: Supervisor): boolean {
  return commandLine(pid) === command;
}

/** Undefined where there is no such file, or one that a crash left half written. */
export function readJson<T extends object>(
  file: string,
  isShape: (value: object) => value is T,
): T | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null && isShape(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Exclusive creation decides between two processes that come at the same moment: false for the second. */
export function tryCreate(file: string, value: object): boolean {
  try {
    writeFileSync(file, JSON.stringify(value), { flag: 'wx' });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return false;
    throw error;
  }
}
