import type { Answer } from './behaviour.ts';

/** A request as it came in. */
export type LoggedRequest = {
  to: string;
  channel: string;
  content: string | null;
  idempotencyKey: string | null;
  correlationId: string | null;
  traceparent: string | null;
  /** Milliseconds since 1970. */
  at: number;
  answer: Answer;
};

export type LogFilter = { to?: string; key?: string; sinceMs?: number; limit?: number };

export type RequestLog = {
  add(request: LoggedRequest): void;
  /** Oldest first; a limit leaves the newest. */
  find(filter: LogFilter): LoggedRequest[];
  clear(): void;
};

/** Keeps the newest requests, within a number of them and of bytes of content. */
export function createRequestLog(limits: {
  entriesMax: number;
  bytesMax: number;
  keepContent: boolean;
}): RequestLog {
  let entries: LoggedRequest[] = [];
  /** Entries before this are dropped already; they leave the array when they are half of it. */
  let oldest = 0;
  let bytes = 0;
  const dropOldest = () => {
    bytes -= weightOf(entries[oldest]);
    oldest += 1;
    if (oldest * 2 < entries.length) return;
    entries = entries.slice(oldest);
    oldest = 0;
  };
  const add = (request: LoggedRequest) => {
    const entry = limits.keepContent ? request : { ...request, content: null };
    entries.push(entry);
    bytes += weightOf(entry);
    while (
      entries.length - oldest > limits.entriesMax ||
      (bytes > limits.bytesMax && entries.length - oldest > 1)
    )
      dropOldest();
  };
  const find = (filter: LogFilter) => {
    const found = entries.slice(oldest).filter((entry) => matches(entry, filter));
    return filter.limit === undefined ? found : found.slice(Math.max(0, found.length - filter.limit));
  };
  const clear = () => {
    entries = [];
    oldest = 0;
    bytes = 0;
  };
  return { add, find, clear };
}

function matches({ to, idempotencyKey, at }: LoggedRequest, filter: LogFilter): boolean {
  return (
    (filter.to === undefined || filter.to === to) &&
    (filter.key === undefined || filter.key === idempotencyKey) &&
    (filter.sinceMs === undefined || filter.sinceMs <= at)
  );
}

/** V8 keeps text that is not Latin at two bytes a character. */
function weightOf(entry: LoggedRequest | undefined): number {
  return 2 * (entry?.content?.length ?? 0);
}
