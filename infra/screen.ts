/**
 * What a slow step tells while it goes on. The first word of a line is what the line is about. A moving line takes
 * the place of the one before it where that is possible.
 */
export type Progress = (line: string, kind?: 'moving') => void;

export type Screen = {
  heading(text: string): void;
  /** A line about its first word, with the time since the heading. */
  row: Progress;
  /** A line as it is. */
  print(text: string): void;
  /** Lines that stay below all others and change in place; on a terminal only. */
  setFooter(lines: string[]): void;
  readonly isTerminal: boolean;
};

type Output = Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean; columns?: number };

const NAME_WIDTH = 10;
const TEXT_WIDTH = 56;
/** In a log, where nothing can be replaced, a moving line is written this often. */
const MOVING_EVERY_MS = 5_000;

/** Aligned lines of progress: in place on a terminal, one below the other in a log. */
export function createScreen(output: Output = process.stdout): Screen {
  const isTerminal = output.isTTY === true;
  const state = {
    since: performance.now(),
    movedAt: Number.NEGATIVE_INFINITY,
    moving: '',
    footer: new Array<string>(),
  };
  const write = (text: string): void => void output.write(text);
  const redraw = (text: string): void => {
    write(`${erase(bottom(state), output.columns)}${text}`);
  };
  const print = (text: string): void => {
    if (!isTerminal) return write(`${text}\n`);
    redraw(`${text}\n`);
    state.moving = '';
    write(joinLines(state.footer));
  };
  return {
    isTerminal,
    print,
    heading(text) {
      state.since = performance.now();
      print(`\n  ${text}`);
    },
    row(line, kind) {
      const text = align(line, performance.now() - state.since);
      if (kind === undefined) return print(text);
      if (!isTerminal && performance.now() - state.movedAt < MOVING_EVERY_MS) return undefined;
      state.movedAt = performance.now();
      if (!isTerminal) return print(text);
      redraw(joinLines([text, ...state.footer]));
      state.moving = text;
      return undefined;
    },
    setFooter(lines) {
      if (!isTerminal) return;
      redraw(joinLines(lines));
      state.moving = '';
      state.footer = lines;
    },
  };
}

function bottom({ moving, footer }: { moving: string; footer: string[] }): string[] {
  return moving === '' ? footer : [moving, ...footer];
}

function joinLines(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** Moves up over the lines, however many rows each takes, and clears from there. */
function erase(lines: string[], columns = 80): string {
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
  return rows === 0 ? '' : `\u001B[${rows}A\u001B[J`;
}

function align(line: string, elapsedMs: number): string {
  const [name = '', ...words] = line.split(' ');
  const text = words.join(' ').padEnd(TEXT_WIDTH);
  return `      ${name.padEnd(NAME_WIDTH)}${text}${formatElapsed(elapsedMs).padStart(8)}`;
}

export function formatElapsed(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000
    ? `${(ms / 1_000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}
