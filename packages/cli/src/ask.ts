import { setTimeout as sleep } from 'node:timers/promises';
import { z } from '@fanfare/runtime';

/** The API refused, or could not be asked (status 0). The message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type AskOptions = {
  baseUrl: string;
  /** Told before the API is asked again, because it said it cannot answer now. */
  onWait: (why: string) => void;
};

/** Resolves with the answer, null when it is empty. May throw {@link ApiError}. */
export type Ask = (method: string, path: string, body?: object) => Promise<unknown>;

/** A paced redrive answers within 6 s. */
const TIMEOUT_MS = 30_000;
/** With a second or so between them: as long as a restart of Postgres takes. */
const TRIES_MAX = 30;
const RETRY_AFTER_SECONDS_MAX = 60;

/** What answers "not now" is asked again: nothing here does harm when it is done twice. */
export function asker({ baseUrl, onWait }: AskOptions): Ask {
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
      `${new URL(baseUrl).origin} cannot be reached (${causeOf(error)}). \`npm start\` starts Fanfare on this machine; FANFARE_URL says where else to ask.`,
    );
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error.message;
}

const problemSchema = z.object({
  title: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

function errorOf(status: number, answer: unknown): ApiError {
  const { data } = problemSchema.safeParse(answer);
  if (data === undefined)
    return new ApiError(status, `The answer was ${status}. Is FANFARE_URL the REST API of Fanfare?`);
  const faults = data.errors?.map(({ field, message }) => `  ${field}: ${message}`) ?? [];
  const first = data.detail === undefined ? `${data.title}.` : `${data.title}: ${data.detail}.`;
  return new ApiError(status, [first, ...faults].join('\n'));
}
