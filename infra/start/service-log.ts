import { createWriteStream, mkdirSync, openSync, renameSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';

export type ServiceLog = { file: string; write(line: string): void; close(): void };

/** With the one before it, 32 MB a service at most. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** A log of this run: emptied at its start, and set aside as `<file>.1` whenever it has become long. */
export function openServiceLog(file: string, bytesMax = FILE_BYTES_MAX): ServiceLog {
  mkdirSync(dirname(file), { recursive: true });
  let stream = open(file);
  let bytes = 0;
  return {
    file,
    write(line) {
      const lineBytes = Buffer.byteLength(line) + 1;
      if (bytes + lineBytes > bytesMax) {
        stream.end();
        renameSync(file, `${file}.1`);
        stream = open(file);
        bytes = 0;
      }
      bytes += lineBytes;
      stream.write(`${line}\n`);
    },
    close: () => void stream.end(),
  };
}

function open(file: string): WriteStream {
  // A full disk must not end the supervisor: the services themselves will say what does not work.
  return createWriteStream(file, { fd: openSync(file, 'w') }).on('error', () => {});
}
