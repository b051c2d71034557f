import { z } from '@fanfare/runtime';

// A newer server may say more, and know more words, than is written here.
const updateSchema = z.looseObject({
  notification_id: z.string(),
  batch_id: z.string().nullable(),
  channel: z.string(),
  status: z.string(),
  version: z.number(),
  attempt: z.number(),
  max_attempts: z.number(),
  at: z.string(),
  provider: z.string().nullable(),
  provider_message_id: z.string().nullable(),
  reason: z.string().nullable(),
  next_retry_at: z.string().nullable(),
});
const cursorSchema = z.looseObject({ cursor: z.string() });
const resyncSchema = z.looseObject({ resync: z.literal(true) });
const refusalSchema = z.object({ error: z.object({ type: z.string(), detail: z.string() }) });

/** A state of a notification: the present one, or a change. */
export type Update = z.infer<typeof updateSchema>;
export type Refusal = z.infer<typeof refusalSchema>['error'];

/** What a listener hears: a state, a place in the stream to go on from, that some of it was missed; each or all. */
export type Frame = { update: Update | null; cursor: string | null; isResync: boolean };

/** Reads a frame of the gateway. One of a kind that is not known here says nothing. */
export function parseFrame(text: string): Frame | { refusal: Refusal } {
  const frame: unknown = JSON.parse(text);
  const { data: refused } = refusalSchema.safeParse(frame);
  if (refused !== undefined) return { refusal: refused.error };
  return {
    update: updateSchema.safeParse(frame).data ?? null,
    cursor: cursorSchema.safeParse(frame).data?.cursor ?? null,
    isResync: resyncSchema.safeParse(frame).success,
  };
}
