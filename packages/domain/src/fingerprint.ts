import { isRecord } from './json-object.ts';
import type { Draft } from './validation.ts';

/**
 * Text that is the same for two notifications exactly when they say the same, whatever the order of their keys.
 * Its hash tells a record that comes twice from another one under the same id.
 */
export function fingerprint(draft: Draft): string {
  const { channel, recipient, content, priority, template_id, template_variables, metadata } = draft;
  const { scheduled_at, expires_at, max_attempts, delivery_mode, subject, html } = draft;
  // The fields in a fixed order; only what clients nest in them needs sorting.
  return JSON.stringify([
    channel,
    recipient,
    content,
    priority,
    template_id,
    scheduled_at,
    expires_at,
    max_attempts,
    delivery_mode,
    sorted(template_variables),
    sorted(metadata),
    // Came later: what has neither says the same as it did before there were any.
    ...(subject === null && html === null ? [] : [subject, html]),
  ]);
}

/** JSON with the keys of every object in code-unit order (the ordering of RFC 8785). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((member) => canonicalJson(member)).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).map(([key, member]): [string, unknown] => [key, sorted(member)]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
