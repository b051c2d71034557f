import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import type { Command } from '../process/child.ts';
import { UserError } from '../user-error.ts';

/** The `nobody` of Linux systems: Postgres refuses to run as root, and wants a user that the system knows. */
const NOBODY = 65_534;
const UNSHARE = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

/**
 * How Postgres is run by root: inside a user namespace where root is called nobody, so that the files stay root's own.
 * Where namespaces are not allowed (an unprivileged container), as the real nobody, who is given the data folder.
 */
export function asUnprivileged(command: Command, dataDir: string): Command {
  if (process.getuid?.() !== 0) return command;
  if (canUnshare()) {
    const [unshare = '', ...flags] = UNSHARE;
    return { ...command, command: unshare, args: [...flags, command.command, ...command.args] };
  }
  requireReadable(command.command);
  chownSync(dataDir, NOBODY, NOBODY);
  return { ...command, uid: NOBODY, gid: NOBODY };
}

function canUnshare(): boolean {
  const [unshare = '', ...flags] = UNSHARE;
  return spawnSync(unshare, [...flags, 'true']).status === 0;
}

function requireReadable(binary: string): void {
  const { status } = spawnSync(binary, ['--version'], { uid: NOBODY, gid: NOBODY, cwd: '/' });
  if (status === 0) return;
  throw new UserError(
    `Postgres refuses to run as root, and another user cannot read ${binary}.\n` +
      'Run this as an ordinary user, or from a folder that others may read (not under /root).',
  );
}
