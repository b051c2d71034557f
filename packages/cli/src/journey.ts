import type { Update } from './live-frame.ts';
import type { Created, TraceEntry } from './notifications-api.ts';
import { elapsed, span } from './span.ts';
import { styleOf } from './status-line.ts';
import { pad, printable } from './table.ts';
import type { Style } from './terminal.ts';

/** A state on the way of a notification. */
export type Step = Pick<
  Update,
  | 'status'
  | 'version'
  | 'at'
  | 'attempt'
  | 'max_attempts'
  | 'provider'
  | 'provider_message_id'
  | 'reason'
  | 'next_retry_at'
>;

const MARKS: Record<string, string> = {
  processing: '●',
  retrying: '↻',
  delivered: '✔',
  failed: '✖',
  cancelled: '✖',
  expired: '✖',
};
const STATUS_WIDTH = 10;
const ELAPSED_WIDTH = 8;

/** `● processing     14 ms  attempt 1 of 5`: a state, when it was entered after the acceptance, and what is known of it. */
export function stepLine(
  step: Step,
  createdAtMs: number,
  paint: (style: Style, text: string) => string,
): string {
  const mark = MARKS[step.status] ?? '○';
  const status = printable(step.status);
  const when = elapsed(Date.parse(step.at) - createdAtMs).padStart(ELAPSED_WIDTH);
  const style = styleOf(step.status);
  const name = paint(style, `${mark} ${status}`) + pad('', STATUS_WIDTH - status.length);
  return `  ${name} ${paint('dim', when)}  ${printable(detailOf(step))}`.trimEnd();
}

function detailOf(step: Step): string {
  const { status, attempt, max_attempts, provider, provider_message_id, reason, next_retry_at, at } = step;
  const parts = [
    status === 'processing' ? `attempt ${attempt} of ${max_attempts}` : null,
    status === 'retrying' && next_retry_at !== null
      ? `again in ${span(Date.parse(next_retry_at) - Date.parse(at))}`
      : null,
    reason,
    provider === null ? null : `by ${provider}`,
    status === 'delivered' && provider_message_id !== null ? `as ${provider_message_id}` : null,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

/** What it waits for after its newest step, if any is known, for who looks on. */
export function waitsFor(step: Step | null, scheduledAt: string | null, nowMs: number): string {
  const leftMs = (time: string | null): number => (time === null ? 0 : Date.parse(time) - nowMs);
  const status = step?.status ?? 'pending';
  const attempt = step?.attempt ?? 0;
  const againMs = leftMs(step?.next_retry_at ?? null);
  if (status === 'processing') return `attempt ${attempt} is under way, ${span(-leftMs(step?.at ?? null))}`;
  if (status === 'retrying' && againMs > 0) return `attempt ${attempt + 1} in ${span(againMs)}`;
  if (status === 'pending' && leftMs(scheduledAt) > 0) return `due in ${span(leftMs(scheduledAt))}`;
  return 'it waits for its turn';
}

/** A state that the trace tells; `created` is no state. */
export function stepOf({ event, created_at, details }: TraceEntry, { max_attempts }: Created): Step | null {
  const { version } = details;
  if (version === undefined) return null;
  return {
    status: event,
    version,
    at: created_at,
    attempt: details.attempt ?? 0,
    max_attempts,
    provider: details.provider ?? null,
    provider_message_id: details.provider_message_id ?? null,
    reason: details.reason ?? null,
    next_retry_at: details.next_retry_at ?? null,
  };
}
