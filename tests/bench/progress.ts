/** A line that says what is being done: rewritten in place on a terminal, one below the other elsewhere. */
export type Progress = { say: (line: string) => void; clear: () => void };

const ERASE_LINE = '\r\u001b[2K';

export function createProgress(output: NodeJS.WriteStream): Progress {
  if (!output.isTTY) return { say: sayOnce(output), clear: () => {} };
  return {
    say: (line) => void output.write(ERASE_LINE + line.slice(0, output.columns - 1)),
    clear: () => void output.write(ERASE_LINE),
  };
}

/** Counts that go up are of use only where they replace each other: of lines that differ in numbers, the first. */
function sayOnce(output: NodeJS.WriteStream): Progress['say'] {
  let last = '';
  return (line) => {
    const shape = line.replace(/\d+/g, '#');
    if (shape !== last) output.write(`${line}\n`);
    last = shape;
  };
}
