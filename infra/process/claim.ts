import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../user-error.ts';
import { isAlive, readJson, type Supervisor, thisProcess, tryCreate } from './supervisor.ts';

export type Claim = { release(): void };

/**
 * Makes this process the only one that works in `dir`. The claim of a process that died is taken over.
 *
 * @throws UserError that names the live one
 */
export function claimFolder(dir: string): Claim {
  const file = fileOf(dir);
  mkdirSync(dir, { recursive: true });
  if (!tryCreate(file, thisProcess())) takeOver(dir, file);
  return { release: () => rmSync(file, { force: true }) };
}

/** The live process that has claimed a folder, if there is one. */
export function holderOf(dir: string): number | undefined {
  const holder = readJson(fileOf(dir), isSupervisor);
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

function takeOver(dir: string, file: string): void {
  refuseIfHeld(dir);
  rmSync(file, { force: true });
  if (!tryCreate(file, thisProcess())) refuseIfHeld(dir);
}

function refuseIfHeld(dir: string): void {
  const pid = holderOf(dir);
  if (pid === undefined) return;
  throw new UserError(
    `Already running (pid ${pid}) with its data in ${dir}.\nStop it with Ctrl-C there, or with: kill ${pid}`,
  );
}

function fileOf(dir: string): string {
  return join(dir, 'claimed-by.json');
}

function isSupervisor(value: object): value is Supervisor {
  return 'pid' in value && 'command' in value;
}
