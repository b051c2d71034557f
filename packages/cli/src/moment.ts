const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A time as people say it, in RFC 3339: `90s`, `15m`, `2h` or `3d` ago, or ahead, or a day in UTC. Null for what is
 * neither; it may be RFC 3339 already.
 */
export function moment(text: string, nowMs: number, direction: 'ago' | 'ahead' = 'ago'): string | null {
  const spanMs = spanOf(text);
  if (spanMs !== null) return new Date(direction === 'ago' ? nowMs - spanMs : nowMs + spanMs).toISOString();
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : null;
}

/** A length of time, such as `15m`, in milliseconds, or null. */
export function spanOf(text: string): number | null {
  const [, digits, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs === undefined ? null : Number(digits) * unitMs;
}
