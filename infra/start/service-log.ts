import { createWriteStream, mkdirSync, renameSync, type WriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { stateDir } from '../paths.ts';
import type { ServiceName } from '../services.ts';

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
      bytes += Buffer.byteLength(line) + 1;
      if (bytes > bytesMax) {
        stream.end();
        renameSync(file, `${file}.1`);
        stream = open(file);
        bytes = 0;
      }
      stream.write(`${line}\n`);
    },
    close: () => void stream.end(),
  };
}

export function serviceLogFile(name: ServiceName): string {
  return join(stateDir, 'logs', `${name}.log`);
}

function open(file: string): WriteStream {
  // A full disk must not end the supervisor: the services themselves will say what does not work.
  return createWriteStream(file).on('error', () => {});
}
