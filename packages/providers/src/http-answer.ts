import type { Outcome } from '@fanfare/domain';
import { publicText } from './reason.ts';

/** What came back: the body as far as it was read. */
export type HttpAnswer = {
  status: number;
  retryAfter: string | string[] | undefined;
  chunks: Buffer[];
  bytes: number;
};

/** The one place where a status code is judged. `tell` makes what may be told of the vendor's words. */
export function outcomeOfAnswer(answer: HttpAnswer, nowMs: number, tell: (words: string) => string): Outcome {
  const { status } = answer;
  const body = Buffer.concat(answer.chunks).toString();
  if (status < 300) return { kind: 'accepted', messageId: messageIdOf(body, tell) };
  const reason = `HTTP ${status} ${tell(body)}`.trimEnd();
  const retryAfterMs = retryAfterMsOf(answer.retryAfter, nowMs);
  if (status === 429) return { kind: 'throttled', reason, retryAfterMs };
  if (status >= 400 && status < 500) return { kind: 'rejected', reason };
  // A redirect is not followed, it would take the message to who knows where; a wrong address is put right in time.
  return { kind: 'unavailable', reason, answered: true, retryAfterMs };
}

/** An answer that says yes in words nobody understands is still a yes. */
function messageIdOf(body: string, tell: (words: string) => string): string | null {
  const id = membersOf(body)['messageId'];
  if (typeof id !== 'string' && typeof id !== 'number') return null;
  return publicText(tell(String(id))) || null;
}

function membersOf(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMsOf(header: HttpAnswer['retryAfter'], nowMs: number): number | null {
  const text = typeof header === 'string' ? header.trim() : '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // A weekday first, as all three forms of an HTTP date have it: `Date.parse` alone takes "1.5" for a day of 2001.
  const atMs = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
