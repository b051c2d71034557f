import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '../paths.ts';
import { commandLine, endProcess } from './identity.ts';
import { isAlive, readJson, type Supervisor, thisProcess } from './supervisor.ts';

export type KnownChild = {
  name: string;
  pid: number;
  /** A part of its command line that tells it from any other process. */
  mark: string;
  stopSignal: NodeJS.Signals;
};
type Family = { supervisor: Supervisor; children: KnownChild[] };

const children = new Map<number, KnownChild>();
const defaultDir = join(stateDir, 'children');

/** Writes down that this process started `child`, for whoever has to clean up should it be killed. */
export function remember(child: KnownChild): void {
  if (children.size === 0) process.once('exit', killAll);
  children.set(child.pid, child);
  save();
}

export function forget(pid: number): void {
  children.delete(pid);
  if (children.size > 0) return save();
  process.off('exit', killAll);
  rmSync(ownFile(), { force: true });
}

/** Ends what processes that are gone left running. */
export async function endLeftovers(onProgress: (line: string) => void, dir = defaultDir): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const files = readdirSync(dir).filter((name) => name.endsWith('.json'));
  for (const file of files.map((name) => join(dir, name))) {
    const family = readJson(file, isFamily);
    if (family !== undefined && isAlive(family.supervisor)) continue;
    await Promise.all((family?.children ?? []).map((child) => endLeftover(child, onProgress)));
    rmSync(file, { force: true });
  }
}

async function endLeftover(child: KnownChild, onProgress: (line: string) => void): Promise<void> {
  const { name, pid, mark, stopSignal } = child;
  if (!(commandLine(pid)?.includes(mark) ?? false)) return;
  onProgress(`${name} (pid ${pid}) is left over from a run that was killed: ending it`);
  await endProcess(pid, stopSignal);
}

/** A supervisor that leaves without having stopped them, after a fault of its own, must not leave them behind. */
function killAll(): void {
  for (const pid of children.keys()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended at the same moment.
    }
  }
  rmSync(ownFile(), { force: true });
}

/** Renamed into place, so that a reader never sees half of it. */
function save(): void {
  const family: Family = { supervisor: thisProcess(), children: [...children.values()] };
  mkdirSync(defaultDir, { recursive: true });
  writeFileSync(`${ownFile()}.new`, JSON.stringify(family));
  renameSync(`${ownFile()}.new`, ownFile());
}

function ownFile(): string {
  return join(defaultDir, `${process.pid}.json`);
}

function isFamily(value: object): value is Family {
  return 'supervisor' in value && 'children' in value && Array.isArray(value.children);
}
