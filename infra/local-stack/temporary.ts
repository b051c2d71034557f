import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '../paths.ts';
import { endLeftovers } from '../process/children.ts';
import { holderOf } from '../process/claim.ts';
import type { Progress } from '../screen.ts';
import { type LocalStack, type StackOptions, startLocalStack } from './stack.ts';

const PREFIX = 'temporary-';
let count = 0;

/** A local stack on free ports, with data of its own that `stop` removes: for tests and benchmarks. */
export async function startTemporaryStack(options: Omit<StackOptions, 'dir' | 'ports'>): Promise<LocalStack> {
  await removeAbandoned(options.onProgress);
  count += 1;
  const dir = join(stateDir, `${PREFIX}${process.pid}-${count}`);
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  try {
    const stack = await startLocalStack({ ...options, dir, ports: 'free' });
    return { ...stack, stop: () => stack.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

/** A run that was killed could not remove its stack: the next one does, once its processes are ended. */
async function removeAbandoned(onProgress: Progress): Promise<void> {
  await endLeftovers(onProgress);
  const names = safeReaddir(stateDir).filter((name) => name.startsWith(PREFIX));
  for (const dir of names.map((name) => join(stateDir, name)))
    if (holderOf(dir) === undefined) rmSync(dir, { recursive: true, force: true });
}

function safeReaddir(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
