import { isRecord, isUuid } from '@fanfare/domain';
import { type Cursor, readCursor } from './cursor.ts';
import type { Interest } from './told.ts';

export type ClientFrame =
  { action: 'subscribe' | 'unsubscribe'; interest: Interest } | { action: 'resume'; cursor: Cursor };

/** Why a frame of a client, or what it asks for, is refused. */
export type Refusal = {
  type: `/probs/${string}`;
  detail: string;
  notification_id?: string;
  batch_id?: string;
  all?: true;
};

export const FRAME_BYTES_MAX = 64 * 1024;
const ACTIONS = ['subscribe', 'unsubscribe', 'resume'] as const;
const KINDS = ['notification_id', 'batch_id', 'all'] as const;

/**
 * Reads `{"action": "subscribe" | "unsubscribe", "notification_id" | "batch_id": "<uuid>"}`, with `"all": true` in the
 * place of an id, or `{"action": "resume", "cursor": "<text>"}`.
 */
export function parseClientFrame(bytes: Buffer): ClientFrame | Refusal {
  if (bytes.length > FRAME_BYTES_MAX)
    return { type: '/probs/frame-too-large', detail: `a frame holds at most ${FRAME_BYTES_MAX} bytes` };
  const frame = parseObject(bytes);
  if (frame === null) return malformed('a frame is a JSON object');
  const action = ACTIONS.find((known) => known === frame['action']);
  if (action === undefined) return malformed(`action must be one of ${ACTIONS.join(', ')}`);
  if (action === 'resume') return resumeFrame(frame['cursor']);
  const interest = parseInterest(frame);
  return 'type' in interest ? interest : { action, interest };
}

/** What a cursor asks for, whether it came in a frame or in the address. */
export function resumeFrame(text: unknown): ClientFrame | Refusal {
  const cursor = typeof text === 'string' ? readCursor(text) : null;
  if (cursor !== null) return { action: 'resume', cursor };
  return { type: '/probs/invalid-cursor', detail: 'cursor must be one that came with a frame' };
}

function parseInterest(frame: Record<string, unknown>): Interest | Refusal {
  const [kind, another] = KINDS.filter((name) => frame[name] !== undefined);
  if (kind === undefined || another !== undefined)
    return malformed(`exactly one of ${KINDS.join(', ')} must be given`);
  const value = frame[kind];
  if (kind === 'all') return value === true ? { kind } : malformed('all must be true');
  return isUuid(value) ? { kind, id: value.toLowerCase() } : malformed(`${kind} must be a UUID`);
}

function parseObject(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function malformed(detail: string): Refusal {
  return { type: '/probs/malformed-frame', detail };
}
