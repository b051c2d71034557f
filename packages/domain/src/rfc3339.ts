import { RFC_3339 } from '@fanfare/contracts';

/** Epoch milliseconds of an RFC 3339 time, or null. A leap second (:60) is no time that a computer's clock shows. */
export function parseRfc3339(text: string): number | null {
  const upper = text.toUpperCase();
  const day = RFC_3339.exec(upper)?.[1];
  return day === undefined || !isCalendarDay(day) ? null : Date.parse(upper);
}

/** Date.parse takes the 31st of February for the 3rd of March. */
function isCalendarDay(day: string): boolean {
  return new Date(Date.parse(day)).getUTCDate() === Number(day.slice(-2));
}

/** A time in UTC as clients see it, of epoch milliseconds. */
export function rfc3339(ms: number): string;
export function rfc3339(ms: number | null): string | null;
export function rfc3339(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
