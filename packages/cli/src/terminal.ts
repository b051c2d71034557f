import { createInterface } from 'node:readline/promises';

/** Where results, messages and questions go. */
export type Terminal = {
  /** A result: standard output. */
  print: (text: string) => void;
  /** What people are told besides: standard error. */
  tell: (text: string) => void;
  /** A line that the next one replaces; on a terminal only. */
  show: (line: string) => void;
  /** Characters in a line of the output, or null when nobody reads it on a terminal. */
  readonly columns: number | null;
  /** Whether lines of progress can be replaced. */
  readonly isLive: boolean;
  /** Whether there is somebody to ask. */
  readonly canAsk: boolean;
  /** Resolves with whether the answer was yes. */
  confirm: (question: string) => Promise<boolean>;
};

type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
type Streams = { stdin: NodeJS.ReadableStream & { isTTY?: boolean }; stdout: Output; stderr: Output };

const ERASE_LINE = '\r\u001b[K';

export function createTerminal({ stdin, stdout, stderr }: Streams, signal: AbortSignal): Terminal {
  let isShowing = false;
  const clear = (): string => {
    const erase = isShowing ? ERASE_LINE : '';
    isShowing = false;
    return erase;
  };
  return {
    print: (text) => {
      if (isShowing) stderr.write(clear());
      stdout.write(`${text}\n`);
    },
    tell: (text) => void stderr.write(`${clear()}${text}\n`),
    show: (line) => {
      stderr.write(`${ERASE_LINE}${line}`);
      isShowing = true;
    },
    columns: stdout.isTTY === true ? (stdout.columns ?? null) : null,
    isLive: stderr.isTTY === true,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    confirm: async (question) => {
      const lines = createInterface({ input: stdin, output: stderr });
      // While it asks, Ctrl-C comes as a key.
      const gone = new AbortController();
      lines.once('SIGINT', () => gone.abort());
      lines.once('close', () => gone.abort());
      const answer = lines.question(`${question} [y/N] `, { signal: AbortSignal.any([signal, gone.signal]) });
      const text = await answer.catch(() => '');
      lines.close();
      return /^\s*y(es)?\s*$/i.test(text);
    },
  };
}
