import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from './child.ts';

/** Runs a short-lived command to its end; `output` is what it wrote to both streams. */
export async function runToEnd(command: Command): Promise<{ code: number | null; output: string }> {
  const { uid, gid } = command;
  const user = uid === undefined || gid === undefined ? {} : { uid, gid };
  const child = spawn(command.command, command.args, {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return { code: child.exitCode, output: Buffer.concat(chunks).toString() };
}
