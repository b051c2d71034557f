import type { LogEntry } from 'kafkajs';

type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Where lines go: a service's logger fits. */
export type Log = { error: LogLine; warn: LogLine; info: LogLine; debug: LogLine };

/** Each attempt to reach a broker that is away is an error to kafkajs; the first of each kind is enough for a while. */
const REPEAT_AFTER_MS = 10_000;
const KINDS_MAX = 200;
const FIELDS = ['broker', 'groupId', 'topic', 'partition', 'error'];

/** kafkajs's lines at the levels that they deserve here: what it cannot get over by itself, it throws. */
export function clientLog(log: Log): (entry: LogEntry) => void {
  const toldAt = new Map<string, number>();

  function isRepeated(line: string): boolean {
    const now = performance.now();
    const isFresh = now - (toldAt.get(line) ?? -Infinity) < REPEAT_AFTER_MS;
    if (toldAt.size >= KINDS_MAX) toldAt.clear();
    if (!isFresh) toldAt.set(line, now);
    return isFresh;
  }

  return (entry) => {
    const line = `kafka ${entry.namespace}: ${entry.log.message}`;
    if (!isRepeated(line)) log[levelOf(entry)](line, fieldsOf(entry.log));
  };
}

/** An error in a response is told once more by whoever asked, unless asking again helped. */
function levelOf({ label, namespace, log }: LogEntry): 'warn' | 'info' | 'debug' {
  if (namespace === 'Connection' && log.message.startsWith('Response')) return 'debug';
  if (label === 'ERROR') return 'warn';
  return label === 'WARN' ? 'info' : 'debug';
}

function fieldsOf(log: LogEntry['log']): Record<string, unknown> {
  const known = FIELDS.filter((name) => log[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, textOf(log[name])]));
}

function textOf(value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}
