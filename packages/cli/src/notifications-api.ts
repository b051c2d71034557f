import { z } from '@fanfare/runtime';
import type { Exchange, Extras } from './ask.ts';

// A newer server may say more, and know more words, than is written here.
const notificationSchema = z.looseObject({
  id: z.string(),
  channel: z.string(),
  recipient: z.string(),
  status: z.string(),
  scheduled_at: z.string().nullable(),
  max_attempts: z.number(),
  created_at: z.string(),
});
const batchSchema = z.object({ id: z.string(), size: z.number() });
const traceSchema = z.object({
  entries: z.array(
    z.object({
      event: z.string(),
      created_at: z.string(),
      details: z.object({
        version: z.number().optional(),
        attempt: z.number().optional(),
        provider: z.string().optional(),
        provider_message_id: z.string().optional(),
        reason: z.string().optional(),
        next_retry_at: z.string().optional(),
      }),
    }),
  ),
});

/** What to send, by the names of the API's fields. */
export type Draft = Record<string, unknown>;
export type Created = z.infer<typeof notificationSchema>;
/** `isRepeat`: it was accepted before, by the same key. */
export type CreatedBatch = z.infer<typeof batchSchema> & { isRepeat: boolean };
export type TraceEntry = z.infer<typeof traceSchema>['entries'][number];

/** Every call may throw an ApiError. */
export type NotificationsApi = {
  create: (draft: Draft, extras: Extras) => Promise<Created>;
  createBatch: (drafts: Draft[], extras: Extras) => Promise<CreatedBatch>;
  /** Now or not at all: it is worth no wait. */
  trace: (id: string) => Promise<TraceEntry[]>;
};

const PATH = '/api/v1/notifications';

export function connectNotifications(exchange: Exchange): NotificationsApi {
  return {
    create: async (draft, extras) =>
      notificationSchema.parse((await exchange('POST', PATH, draft, extras)).answer),
    createBatch: async (drafts, extras) => {
      const { status, answer } = await exchange('POST', `${PATH}/batch`, { notifications: drafts }, extras);
      return { ...batchSchema.parse(answer), isRepeat: status === 200 };
    },
    trace: async (id) => {
      const path = `${PATH}/${encodeURIComponent(id)}/trace`;
      const { answer } = await exchange('GET', path, undefined, { isPatient: false });
      return traceSchema.parse(answer).entries;
    },
  };
}
