import { isRecord } from '@fanfare/domain';

/** A client of REST behind a balancer: each request goes to the next replica, and round one that refuses it. */
export type Client = {
  request: (method: 'POST' | 'PATCH', path: string, options?: RequestOptions) => Promise<Answer>;
};

type RequestOptions = { correlationId?: string; body?: unknown };

/** `status` is null where no answer came: `refused` when nothing was sent. */
export type Answer =
  | { status: number; body: Record<string, unknown>; at: number }
  | { status: null; isRefused: boolean; at: number };

/** Longer than ingest itself waits for Postgres and Kafka together. */
const TIMEOUT_MS = 25_000;

export function createClient(urls: readonly string[]): Client {
  let turn = 0;

  async function request(
    method: string,
    path: string,
    { correlationId, body }: RequestOptions = {},
  ): Promise<Answer> {
    turn += 1;
    const first = turn;
    let answer: Answer = { status: null, isRefused: true, at: Date.now() };
    for (let tried = 0; tried < urls.length && isUnsent(answer); tried += 1)
      answer = await ask(`${urls[(first + tried) % urls.length]}${path}`, method, correlationId, body);
    return answer;
  }

  return { request };
}

function isUnsent(answer: Answer): boolean {
  return answer.status === null && answer.isRefused;
}

async function ask(url: string, method: string, correlationId?: string, body?: unknown): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...(correlationId === undefined ? {} : { 'x-correlation-id': correlationId }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const parsed: unknown = await response.json();
    return { status: response.status, body: isRecord(parsed) ? parsed : {}, at: Date.now() };
  } catch (error) {
    return { status: null, isRefused: isRefusal(error), at: Date.now() };
  }
}

function isRefusal(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}
