/** Something is wrong with a line of a file; the message says what. */
export class LineFault extends Error {
  override readonly name = 'LineFault';
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const NEWLINE = 0x0a;
/** Twice what the API takes as one notification. */
export const LINE_BYTES_MAX = 2 * 1024 * 1024;

/**
 * The lines of a file, each with its end, counted from 1. Of the file no more than a chunk and a line is in memory.
 * @throws LineFault at a line that is not UTF-8, or endless
 */
export async function* textLines(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<{ line: number; text: string }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes: Buffer): string => {
    if (bytes.length > LINE_BYTES_MAX) throw new LineFault(line, 'is too long to be a notification');
    try {
      return decoder.decode(bytes);
    } catch {
      throw new LineFault(line, 'is not UTF-8; save the file as UTF-8');
    }
  };
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      yield { line, text: decode(rest.subarray(0, end + 1)) };
      rest = rest.subarray(end + 1);
      line += 1;
    }
    if (rest.length > LINE_BYTES_MAX) decode(rest);
  }
  if (rest.length > 0) yield { line, text: decode(rest) };
}
