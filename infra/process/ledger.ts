import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../user-error.ts';
import { commandLine, endProcess } from './identity.ts';

/** Who runs a folder, and what it started: kept on disk, so that the next start can clean up after a crash. */
export type Ledger = {
  record(child: LedgerChild): void;
  forget(pid: number): void;
  release(): void;
};
export type LedgerChild = {
  name: string;
  pid: number;
  /** A part of its command line that tells it from any other process. */
  mark: string;
  stopSignal: NodeJS.Signals;
};
type Entry = { supervisor: { pid: number; command: string }; children: LedgerChild[] };

/** Makes this process the only supervisor of `dir`, and ends what a dead one left running there. */
export async function claimFolder(dir: string, onProgress: (line: string) => void): Promise<Ledger> {
  const file = join(dir, 'running.json');
  mkdirSync(dir, { recursive: true });
  if (!tryCreate(file)) {
    const entry = readEntry(file);
    refuseIfAlive(entry, dir);
    await endLeftovers(entry, onProgress);
    rmSync(file, { force: true });
    if (!tryCreate(file)) refuseIfAlive(readEntry(file), dir);
  }
  return openLedger(file);
}

/** The live supervisor of a folder, if there is one. */
export function supervisorOf(dir: string): number | undefined {
  const entry = readEntry(join(dir, 'running.json'));
  return entry !== undefined && isAlive(entry) ? entry.supervisor.pid : undefined;
}

function openLedger(file: string): Ledger {
  const entry = ownEntry();
  const save = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify(entry));
    renameSync(`${file}.new`, file);
  };
  return {
    record(child) {
      entry.children.push(child);
      save();
    },
    forget(pid) {
      entry.children = entry.children.filter((child) => child.pid !== pid);
      save();
    },
    release: () => rmSync(file, { force: true }),
  };
}

function ownEntry(): Entry {
  return { supervisor: { pid: process.pid, command: commandLine(process.pid) ?? '' }, children: [] };
}

/** Exclusive creation decides between two that start at the same moment. */
function tryCreate(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify(ownEntry()), { flag: 'wx' });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return false;
    throw error;
  }
}

function refuseIfAlive(entry: Entry | undefined, dir: string): void {
  if (entry === undefined || !isAlive(entry)) return;
  const { pid } = entry.supervisor;
  throw new UserError(
    `Already running (pid ${pid}) with its data in ${dir}.\nStop it with Ctrl-C there, or with: kill ${pid}`,
  );
}

function isAlive({ supervisor }: Entry): boolean {
  return commandLine(supervisor.pid) === supervisor.command;
}

async function endLeftovers(entry: Entry | undefined, onProgress: (line: string) => void): Promise<void> {
  const leftovers = (entry?.children ?? []).filter(isLeftover);
  await Promise.all(
    leftovers.map(async ({ name, pid, stopSignal }) => {
      onProgress(`ending ${name} (pid ${pid}), left over from a run that was killed`);
      await endProcess(pid, stopSignal);
    }),
  );
}

function isLeftover({ pid, mark }: LedgerChild): boolean {
  return commandLine(pid)?.includes(mark) ?? false;
}

/** Undefined for a file that a crash left half written. */
function readEntry(file: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'supervisor' in value && 'children' in value;
}
