import { isUnstorable, utf8Bytes } from './text.ts';

export const METADATA_BYTES_MAX = 8 * 1024;
/** What walks a value by recursion (JSON.stringify, PostgreSQL's parser) must not run out of stack. */
const METADATA_DEPTH_MAX = 64;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is wrong with a JSON object that clients attach, or null. */
export function objectFault(value: unknown): string | null {
  if (!isRecord(value)) return 'must be an object';
  const wrong = memberFault(value, METADATA_DEPTH_MAX);
  if (wrong !== null) return wrong;
  const bytes = utf8Bytes(JSON.stringify(value));
  return bytes > METADATA_BYTES_MAX ? `must be at most ${METADATA_BYTES_MAX} bytes of JSON` : null;
}

/** Whether a JSON value has more levels than so many; walks no further. */
export function isNestedDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isNestedDeeperThan(levels - 1, member));
}

function memberFault(value: unknown, levels: number): string | null {
  if (typeof value === 'string') return textFault(value);
  // JSON.parse reads 1e400 as Infinity, which JSON.stringify would write as null.
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : 'must not hold numbers beyond 1.8e308';
  if (typeof value !== 'object' || value === null) return null;
  if (levels === 0) return `must be nested at most ${METADATA_DEPTH_MAX} levels deep`;
  for (const [key, member] of Object.entries(value)) {
    const wrong = textFault(key) ?? memberFault(member, levels - 1);
    if (wrong !== null) return wrong;
  }
  return null;
}

function textFault(text: string): string | null {
  return isUnstorable(text) ? 'must not hold NUL or half of a surrogate pair' : null;
}
