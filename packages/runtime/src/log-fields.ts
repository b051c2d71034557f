import type { LogFields } from './logger.ts';

/** Names of fields that hold what a person is reached by, what they are told, or what opens a door. */
const DENIED = new Set(['recipient', 'to', 'content', 'subject', 'html', 'authorization', 'password']);
/** Deep enough for any wide event; what lies deeper is a mistake, such as a client library's whole object. */
const DEPTH_MAX = 6;
const CUT_OFF = '[too deep]';

/** A copy of the fields that may be written: denied names dropped at any depth, errors made plain. */
export function cleanFields(fields: LogFields): LogFields {
  return cleanObject(fields, 0);
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) return CUT_OFF;
  if (value instanceof Error) return cleanError(value, depth);
  if (Array.isArray(value)) return value.map((member) => clean(member, depth + 1));
  if (value instanceof Date) return value;
  // A buffer is a record's bytes, and those hold content.
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  return cleanObject(value, depth + 1);
}

function cleanObject(value: object, depth: number): Record<string, unknown> {
  const clear: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (!DENIED.has(key.toLowerCase())) clear[key] = clean(member, depth);
  }
  return clear;
}

/** Only these four, and the cause: clients hang requests, queries and their parameters on errors. */
function cleanError(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error ? { code: error.code } : {};
  const cause = error.cause instanceof Error ? { cause: clean(error.cause, depth + 1) } : {};
  return { name: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}
