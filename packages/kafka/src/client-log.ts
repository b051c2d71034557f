import type { LogEntry } from 'kafkajs';

type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Where lines go: a service's logger fits. */
export type Log = { error: LogLine; warn: LogLine; info: LogLine; debug: LogLine };

/** kafkajs's lines, at the levels that they deserve here. */
export function clientLog(log: Log): (entry: LogEntry) => void {
  return ({ label, namespace, log: { message, timestamp: _t, logger: _l, ...fields } }) => {
    const line = `kafka ${namespace}: ${message}`;
    if (label === 'ERROR') log.warn(line, fields);
    else log.debug(line, fields);
  };
}
