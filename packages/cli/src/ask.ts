import { setTimeout as sleep } from 'node:timers/promises';
import type { FieldError } from '@fanfare/contracts';
import { z } from '@fanfare/runtime';

/** The API refused, or could not be asked (status 0). The message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** What is wrong with fields of the request. */
  readonly faults: readonly FieldError[];

  constructor(status: number, message: string, faults: readonly FieldError[] = []) {
    super(message);
    this.status = status;
    this.faults = faults;
  }
}

export type AskOptions = {
  baseUrl: string;
  /** Sent with every request, unless it is null. */
  apiKey: string | null;
  /** Told before the API is asked again, because it said it cannot answer now. */
  onWait: (why: string) => void;
  /** Ends a wait. */
  signal: AbortSignal;
};

/** Resolves with the answer, null when it is empty. May throw {@link ApiError}. */
export type Ask = (method: string, path: string, body?: object) => Promise<unknown>;

/** What may go with a request. */
export type Extras = {
  headers?: Record<string, string>;
  /** Whether to ask again when the API says so, which is done unless told. */
  isPatient?: boolean;
  /** Told before every wait, in place of the one of all requests. */
  onWait?: (refusal: ApiError, waitMs: number) => void;
};
export type Exchange = (
  method: string,
  path: string,
  body?: object,
  extras?: Extras,
) => Promise<{ status: number; answer: unknown }>;

/** A paced redrive answers within 6 s. */
const TIMEOUT_MS = 30_000;
/** With a second or so between them: as long as a restart of Postgres takes. */
const TRIES_MAX = 30;
const RETRY_AFTER_SECONDS_MAX = 60;

/** For who needs no more than the answer. */
export function asker(exchange: Exchange): Ask {
  return async (method, path, body) => (await exchange(method, path, body)).answer;
}

/** What answers "not now" is asked again: nothing here does harm when it is done twice. */
export function exchanger({ baseUrl, apiKey, onWait, signal }: AskOptions): Exchange {
  return async (method, path, body, { headers = {}, isPatient = true, onWait: onEveryWait } = {}) => {
    for (let tries = 1; ; tries += 1) {
      const response = await request(baseUrl, {
        method,
        path,
        headers: { ...keyHeader(apiKey), ...headers },
        body,
      });
      if (response.status === 204) return { status: response.status, answer: null };
      const answer: unknown = await response.json().catch(() => null);
      if (response.ok) return { status: response.status, answer };
      const error = errorOf(response.status, answer);
      const waitSeconds = Number(response.headers.get('retry-after') ?? NaN);
      if (!isPatient || Number.isNaN(waitSeconds) || tries === TRIES_MAX) throw error;
      const waitMs = Math.min(waitSeconds, RETRY_AFTER_SECONDS_MAX) * 1_000;
      if (onEveryWait !== undefined) onEveryWait(error, waitMs);
      else if (tries === 1) onWait(`${error.message} Waiting.`);
      await sleep(waitMs, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  };
}

/** Of every request to the API, also of the one that opens a WebSocket. */
export function keyHeader(apiKey: string | null): Record<string, string> {
  return apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
}

type Request = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: object | undefined;
};

async function request(baseUrl: string, { method, path, headers, body }: Request): Promise<Response> {
  try {
    return await fetch(new URL(path, baseUrl), {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw unreachable(baseUrl, causeOf(error));
  }
}

export function unreachable(baseUrl: string, cause: string): ApiError {
  const { origin } = new URL(baseUrl);
  return new ApiError(
    0,
    `${origin} cannot be reached (${cause}). \`npm start\` starts Fanfare on this machine; FANFARE_URL says where else to ask.`,
  );
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
  const { title, detail, errors = [] } = data;
  const said = detail === undefined ? `${title}.` : `${title}: ${detail}.`;
  const first = status === 401 || status === 403 ? `${said} FANFARE_API_KEY is the key that is sent.` : said;
  const faults = errors.map(({ field, message }) => `  ${field}: ${message}`);
  return new ApiError(status, [first, ...faults].join('\n'), errors);
}
