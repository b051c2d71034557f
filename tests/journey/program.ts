import { spawn } from 'node:child_process';
import { once } from 'node:events';

export type Ran = { code: number | null; stdout: Buffer; stderr: string };

type RunOptions = {
  input?: string | Buffer;
  env?: NodeJS.ProcessEnv;
  cwd?: string | undefined;
  timeoutMs?: number;
};

/** Programs of others answer at once or not at all. */
const TIMEOUT_MS = 60_000;

/** Runs a program of someone else's to its end, with `input` on its standard input. */
export async function run(
  command: string,
  args: readonly string[],
  { input = '', ...options }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(command, args, {
    stdio: 'pipe',
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs ?? TIMEOUT_MS,
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  // A program may end before it has read everything.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  await once(child, 'close');
  return { code: child.exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

/** As `run`, for a program whose failure is a failure of the test. */
export async function mustRun(...[command, args, options]: Parameters<typeof run>): Promise<Buffer> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr.trim() || stdout.toString()}`);
  return stdout;
}

/** @throws with what to install when there is no such program */
export async function requireProgram(command: string, args: readonly string[], hint: string): Promise<void> {
  const missing = await run(command, args).then(
    ({ code }) => code !== 0,
    () => true,
  );
  if (missing) throw new Error(`these tests need ${command}; ${hint}`);
}

function collect(stream: NodeJS.ReadableStream): Buffer[] {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}
