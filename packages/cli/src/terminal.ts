import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { styleText } from 'node:util';
import { cut } from './table.ts';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan' | 'magenta';

/** Where results, messages and questions go. */
export type Terminal = {
  /** What somebody, or another program, hands in: standard input. */
  readonly input: Readable;
  /** A result: standard output. */
  print: (text: string) => void;
  /** What people are told besides: standard error. */
  tell: (text: string) => void;
  /** A line that the next one replaces; on a terminal only. */
  show: (line: string) => void;
  /** Takes that line away. */
  clear: () => void;
  /** Characters in a line of the output, or null when nobody reads it on a terminal. */
  readonly columns: number | null;
  /** Gives a text of the output a colour, where somebody sees it and has not set NO_COLOR. */
  paint: (style: Style, text: string) => string;
  /** Aborted when nobody reads the output any more: `| head` reads no further than it wants. */
  readonly gone: AbortSignal;
  /** Whether lines of progress can be replaced. */
  readonly isLive: boolean;
  /** Whether there is somebody to ask. */
  readonly canAsk: boolean;
  /** Resolves with whether the answer was yes. */
  confirm: (question: string) => Promise<boolean>;
};

type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
type Input = Readable & { isTTY?: boolean };
type Streams = { stdin: Input; stdout: Output; stderr: Output };

const ERASE_LINE = '\r\u001b[K';
const COLUMNS_DEFAULT = 80;

export function createTerminal({ stdin, stdout, stderr }: Streams, signal: AbortSignal): Terminal {
  let isShowing = false;
  const gone = onGone(stdout);
  const clear = (): void => {
    if (isShowing) stderr.write(ERASE_LINE);
    isShowing = false;
  };
  return {
    input: stdin,
    print: (text) => {
      clear();
      if (!gone.aborted) stdout.write(`${text}\n`);
    },
    tell: (text) => {
      clear();
      stderr.write(`${text}\n`);
    },
    show: (line) => {
      // A line that went on in the next one could not be replaced.
      stderr.write(`${ERASE_LINE}${cut(line, (columnsOf(stderr) ?? COLUMNS_DEFAULT) - 1)}`);
      isShowing = true;
    },
    clear,
    get columns() {
      return columnsOf(stdout);
    },
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    gone,
    isLive: stderr.isTTY === true,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    confirm: async (question) => {
      const lines = createInterface({ input: stdin, output: stderr });
      // While it asks, Ctrl-C comes as a key.
      const left = new AbortController();
      lines.once('SIGINT', () => left.abort());
      lines.once('close', () => left.abort());
      const answer = lines.question(`${question} [y/N] `, { signal: AbortSignal.any([signal, left.signal]) });
      const text = await answer.catch(() => '');
      lines.close();
      return /^\s*y(es)?\s*$/i.test(text);
    },
  };
}

/** A terminal that does not say how wide it is says 0. */
function columnsOf({ isTTY, columns = 0 }: Output): number | null {
  return isTTY === true && columns > 0 ? columns : null;
}

function onGone(stdout: Output): AbortSignal {
  const gone = new AbortController();
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone.abort();
  });
  return gone.signal;
}
