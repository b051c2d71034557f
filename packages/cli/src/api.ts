import { setTimeout as sleep } from 'node:timers/promises';
import { z } from '@fanfare/runtime';
import type { Filter } from './dlq-filter.ts';

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
const problemSchema = z.object({
  title: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

export type Letter = z.infer<typeof letterSchema>;
type Page = z.infer<typeof pageSchema>;
export type RedriveReport = z.infer<typeof redriveSchema>;
export type PurgeReport = z.infer<typeof purgeSchema>;

/** The part of the REST API that the commands use. Every call may throw {@link ApiError}. */
export type Api = {
  list: (filter: Filter, page: { limit: number; cursor: string | null }) => Promise<Page>;
  get: (id: string) => Promise<Letter>;
  redrive: (filter: Filter, options: { dry_run?: boolean; rate?: number }) => Promise<RedriveReport>;
  redriveOne: (id: string) => Promise<Letter>;
  purge: (filter: Filter, options: { dry_run?: boolean }) => Promise<PurgeReport>;
  deleteOne: (id: string) => Promise<void>;
};

/** The API refused, or could not be asked (status 0). The message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type ApiOptions = {
  baseUrl: string;
  /** Told before the API is asked again, because it said it cannot answer now. */
  onWait: (why: string) => void;
};

const PATH = '/api/v1/dead-letters';

export function connectApi(options: ApiOptions): Api {
  const ask = asker(options);
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
  };
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}

/** A paced redrive answers within 6 s. */
const TIMEOUT_MS = 30_000;
/** With a second or so between them: as long as a restart of Postgres takes. */
const TRIES_MAX = 30;
const RETRY_AFTER_SECONDS_MAX = 60;

type Ask = (method: string, path: string, body?: object) => Promise<unknown>;

/** What answers "not now" is asked again: nothing here does harm when it is done twice. */
function asker({ baseUrl, onWait }: ApiOptions): Ask {
  return async (method, path, body) => {
    for (let tries = 1; ; tries += 1) {
      const response = await request(baseUrl, method, path, body);
      if (response.status === 204) return null;
      const answer: unknown = await response.json().catch(() => null);
      if (response.ok) return answer;
      const error = errorOf(response.status, answer);
      const waitSeconds = Number(response.headers.get('retry-after') ?? NaN);
      if (Number.isNaN(waitSeconds) || tries === TRIES_MAX) throw error;
      if (tries === 1) onWait(`${error.message} Waiting.`);
      await sleep(Math.min(waitSeconds, RETRY_AFTER_SECONDS_MAX) * 1_000);
    }
  };
}

async function request(baseUrl: string, method: string, path: string, body?: object): Promise<Response> {
  try {
    return await fetch(new URL(path, baseUrl), {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch (error) {
    throw new ApiError(
      0,
      `${new URL(baseUrl).origin} cannot be reached (${causeOf(error)}). Is it running? FANFARE_URL says where to ask.`,
    );
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error.message;
}

function errorOf(status: number, answer: unknown): ApiError {
  const { data } = problemSchema.safeParse(answer);
  if (data === undefined)
    return new ApiError(status, `The answer was ${status}. Is FANFARE_URL the REST API of Fanfare?`);
  const faults = data.errors?.map(({ field, message }) => `  ${field}: ${message}`) ?? [];
  const first = data.detail === undefined ? `${data.title}.` : `${data.title}: ${data.detail}.`;
  return new ApiError(status, [first, ...faults].join('\n'));
}
