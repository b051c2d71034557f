import type { Writable } from 'node:stream';
import winston from 'winston';
import { cleanFields } from './log-fields.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export type Logger = {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  child(fields: LogFields): Logger;
  /** Resolves when what was logged so far has left the process, or after a second. */
  flush(): Promise<void>;
};

/**
 * One JSON object a line. What names or reaches a person (recipient, content, credentials) is dropped from the
 * fields at any depth. Lines are dropped, and counted, while the reader of the log is too slow: memory stays bounded.
 */
export function createLogger({ service, level, stream = process.stdout }: Options): Logger {
  const sink = winston.createLogger({
    level,
    levels,
    format: lineFormat(service),
    transports: [new winston.transports.Stream({ stream })],
  });
  // A log whose reader has gone must not end the service: the line is lost, the work goes on.
  if (stream.listenerCount('error') === 0) stream.on('error', () => undefined);
  return bind({ write: boundedWriter(sink, stream), stream, level }, {});
}

type Options = { service: string; level: LogLevel; stream?: Writable };
type Line = { level: LogLevel; message: string; fields: LogFields };
type Sink = { write: (line: Line) => void; stream: Writable; level: LogLevel };

const levels = { error: 0, warn: 1, info: 2, debug: 3 };
/** About 20 000 lines: more than a busy second writes, little enough to hold. */
const BUFFERED_BYTES_MAX = 4 * 1024 * 1024;
const FLUSH_TIMEOUT_MS = 1_000;

/** What every line begins with cannot be taken over by a field of the same name. */
function lineFormat(service: string) {
  return winston.format((info) => {
    const { level, message, fields } = info;
    const head = { time: new Date().toISOString(), level, service, msg: message };
    const line = { ...head, ...(typeof fields === 'object' ? fields : {}), ...head };
    return { ...info, [Symbol.for('message')]: JSON.stringify(line) };
  })();
}

function bind(sink: Sink, bound: LogFields): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    // Checked before anything is copied: a debug line that nobody wants costs nothing.
    if (levels[level] <= levels[sink.level])
      sink.write({
        level,
        message,
        fields: { ...bound, ...(fields === undefined ? {} : cleanFields(fields)) },
      });
  };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: (fields) => bind(sink, { ...bound, ...cleanFields(fields) }),
    flush: () => flushed(sink.stream),
  };
}

function boundedWriter(sink: winston.Logger, stream: Writable): (line: Line) => void {
  let dropped = 0;
  return (line) => {
    if (stream.writableLength > BUFFERED_BYTES_MAX) {
      dropped += 1;
      return;
    }
    if (dropped > 0) {
      sink.log({ level: 'warn', message: 'log lines dropped, its reader is too slow', fields: { dropped } });
      dropped = 0;
    }
    sink.log(line);
  };
}

function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
    stream.write('', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
