import type { Draft } from './validation.ts';

/**
 * Text that is the same for two notifications exactly when they say the same, whatever the order of their keys.
 * Its hash tells a record that comes twice from another one under the same id.
 */
export function fingerprint(draft: Draft): string {
  return canonicalJson(draft);
}

/** JSON with the keys of every object in code-unit order (the ordering of RFC 8785). */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
