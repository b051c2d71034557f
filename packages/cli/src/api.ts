import { z } from '@fanfare/runtime';
import { asker, type AskOptions, exchanger } from './ask.ts';
import type { Filter } from './dlq-filter.ts';
import { connectLanes, type LanesApi } from './lanes-api.ts';
import { connectNotifications, type NotificationsApi } from './notifications-api.ts';

// A newer server may say more, and know more words, than is written here.
const letterSchema = z.object({
  id: z.string(),
  notification_id: z.string().nullable(),
  notification_status: z.string().nullable(),
  cycle: z.number(),
  channel: z.string().nullable(),
  reason: z.string(),
  message: z.string().nullable(),
  partition: z.number(),
  offset: z.number(),
  source_topic: z.string().nullable(),
  source_partition: z.number().nullable(),
  source_offset: z.number().nullable(),
  resolution: z.string().nullable(),
  resolved_at: z.string().nullable(),
  created_at: z.string(),
});
const pageSchema = z.object({ items: z.array(letterSchema), next_cursor: z.string().nullable() });
const redriveSchema = z.object({
  redriven: z.number(),
  skipped: z.record(z.string(), z.number()),
  not_redrivable: z.number(),
  remaining: z.number(),
  as_of: z.string(),
});
const purgeSchema = z.object({ deleted: z.number(), remaining: z.number(), as_of: z.string() });

export type Letter = z.infer<typeof letterSchema>;
type Page = z.infer<typeof pageSchema>;
export type RedriveReport = z.infer<typeof redriveSchema>;
export type PurgeReport = z.infer<typeof purgeSchema>;

/** The part of the REST API that the commands use. Every call may throw an ApiError. */
export type Api = {
  list: (filter: Filter, page: { limit: number; cursor: string | null }) => Promise<Page>;
  get: (id: string) => Promise<Letter>;
  redrive: (filter: Filter, options: { dry_run?: boolean; rate?: number }) => Promise<RedriveReport>;
  redriveOne: (id: string) => Promise<Letter>;
  purge: (filter: Filter, options: { dry_run?: boolean }) => Promise<PurgeReport>;
  deleteOne: (id: string) => Promise<void>;
  lanes: LanesApi;
  notifications: NotificationsApi;
};

const PATH = '/api/v1/dead-letters';

export function connectApi(options: AskOptions): Api {
  const exchange = exchanger(options);
  const ask = asker(exchange);
  return {
    list: async (filter, { limit, cursor }) => {
      const query = new URLSearchParams({ ...filter, limit: String(limit), ...(cursor && { cursor }) });
      return pageSchema.parse(await ask('GET', `${PATH}?${query.toString()}`));
    },
    get: async (id) => letterSchema.parse(await ask('GET', pathOf(id))),
    redrive: async (filter, more) =>
      redriveSchema.parse(await ask('POST', `${PATH}/redrive`, { ...filter, ...more })),
    redriveOne: async (id) => letterSchema.parse(await ask('POST', `${pathOf(id)}/redrive`)),
    purge: async (filter, more) =>
      purgeSchema.parse(await ask('POST', `${PATH}/purge`, { ...filter, ...more })),
    deleteOne: async (id) => {
      await ask('DELETE', pathOf(id));
    },
    lanes: connectLanes(ask),
    notifications: connectNotifications(exchange),
  };
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}
