import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A process of ours beside the system: a load, or a limit. */
export type Child = { pid: number; reply: unknown; stop: () => Promise<void> };

/**
 * Runs a file of this folder in a process of its own, with an input, until it replies; it stays up until it is
 * stopped. It ends by itself when this process does, however that ends.
 */
export async function startChild(file: string, input: object, signal: AbortSignal): Promise<Child> {
  signal.throwIfAborted();
  const child = fork(new URL(file, import.meta.url), { serialization: 'advanced' });
  const stop = (): Promise<void> => end(child);
  const onAbort = (): void => void stop();
  signal.addEventListener('abort', onAbort);
  try {
    child.send(input);
    return { pid: child.pid ?? 0, reply: await replyOf(child, file), stop };
  } catch (error) {
    await stop();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The same for a process that has done its work when it replies. */
export async function runChild(file: string, input: object, signal: AbortSignal): Promise<unknown> {
  const { reply, stop } = await startChild(file, input, signal);
  await stop();
  return reply;
}

/** The other side: takes the input, replies with what `run` makes of it. */
export function onInput(run: (input: never) => Promise<unknown>): void {
  // Ctrl-C goes to this process too; the parent decides when it ends.
  process.on('SIGINT', () => {});
  process.once('disconnect', () => process.exit());
  process.once('message', (input) => {
    run(input as never).then(
      (reply) => process.send?.({ reply }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
}

async function replyOf(child: ChildProcess, file: string): Promise<unknown> {
  const exited = once(child, 'exit').then(([code, by]) => {
    throw new Error(`${file} ended with ${code ?? by} before it replied`);
  });
  const [message] = (await Promise.race([once(child, 'message'), exited])) as [Message];
  if ('error' in message) throw new Error(`${file}: ${message.error}`);
  return message.reply;
}

type Message = { reply: unknown } | { error: string };

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
