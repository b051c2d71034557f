import { isRecord, isUuid } from '@fanfare/domain';

/** What a client may listen to. */
export type Interest = { kind: 'notification_id' | 'batch_id'; id: string };
export type ClientFrame = { action: 'subscribe' | 'unsubscribe'; interest: Interest };

/** Why a frame of a client, or what it asks for, is refused. */
export type Refusal = {
  type: `/probs/${string}`;
  detail: string;
  notification_id?: string;
  batch_id?: string;
};

export const FRAME_BYTES_MAX = 64 * 1024;
const ACTIONS = ['subscribe', 'unsubscribe'] as const;
const KINDS = ['notification_id', 'batch_id'] as const;

/** Reads `{"action": "subscribe" | "unsubscribe", "notification_id" | "batch_id": "<uuid>"}`. */
export function parseClientFrame(bytes: Buffer): ClientFrame | Refusal {
  if (bytes.length > FRAME_BYTES_MAX)
    return { type: '/probs/frame-too-large', detail: `a frame holds at most ${FRAME_BYTES_MAX} bytes` };
  const frame = parseObject(bytes);
  if (frame === null) return malformed('a frame is a JSON object');
  const action = ACTIONS.find((known) => known === frame['action']);
  if (action === undefined) return malformed(`action must be one of ${ACTIONS.join(', ')}`);
  const [kind, another] = KINDS.filter((name) => frame[name] !== undefined);
  if (kind === undefined || another !== undefined)
    return malformed(`exactly one of ${KINDS.join(', ')} must be given`);
  const id = frame[kind];
  if (!isUuid(id)) return malformed(`${kind} must be a UUID`);
  return { action, interest: { kind, id: id.toLowerCase() } };
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
