import type { Outcome } from '@fanfare/domain';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { headerValue } from './header-value.ts';
import { outcomeOfAnswer } from './http-answer.ts';
import type { HttpAnswer } from './http-answer.ts';
import { readTarget } from './http-target.ts';
import type { Provider, ProviderMessage } from './provider.ts';
import { publicReason } from './reason.ts';

export type HttpProviderOptions = {
  name: string;
  /** Where to POST. A user and password in it become basic authentication. */
  url: string;
  /** The value of the Authorization header, a secret; instead of a user in the URL. */
  authorization?: string | undefined;
  /** Sent with every call, such as a key in a header of the vendor's own; their values are secrets too. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** From the call of `send` to the end of the answer. */
  timeoutMs: number;
  /** Most connections, hence most calls at a time; further ones wait, and their time runs. */
  connections: number;
  /** Milliseconds since 1970, for a Retry-After that is a date. */
  now?: () => number;
  /** Elapsed time in milliseconds. */
  monotonicMs?: () => number;
};

/**
 * A provider that takes JSON by POST, over kept connections.
 * @throws Error that says what is wrong with the options, without their secrets
 */
export function httpProvider(options: HttpProviderOptions): Provider {
  const { name, timeoutMs, connections, now = Date.now, monotonicMs = elapsedMs } = options;
  const { origin, path, headers, secrets } = readTarget(options);
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    // With HTTP/2 a request is not one connection's only one, and what was written is not known per request.
    allowH2: false,
    connect: { timeout: timeoutMs },
    // The call has one limit for all of it, below.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const send = (message: ProviderMessage) =>
    new Promise<Ending>((resolve) => {
      const request = {
        method: 'POST' as const,
        path,
        headers: [...headers, ...headersOf(message)],
        body: bodyOf(message),
      };
      pool.dispatch(request, callHandler({ timeoutMs, monotonicMs }, resolve));
    }).then((ending) => outcomeOf(ending, now(), (words) => publicReason(words, message, secrets)));
  return { name, send, close: () => pool.close() };
}

/** How a call ended: with an answer, or with a fault before or after the request began to be written. */
type Ending = { answer: HttpAnswer } | { fault: string; written: boolean };

type Limit = { timeoutMs: number; monotonicMs: () => number };

/** Enough for any answer that has an id in it, and for the words of a refusal. */
const ANSWER_BYTES_MAX = 64 * 1024;

/**
 * Follows one call. undici calls `onRequestStart` right before the first byte is written, on a connection that is
 * up: a fault before it means that nothing was sent, a fault after it leaves open what the vendor has read. Once
 * the status is there the answer counts, whatever becomes of its body.
 *
 * A process that stood still finds its connection ready before its timers are, so the first byte asks the clock itself.
 */
function callHandler(
  { timeoutMs, monotonicMs }: Limit,
  resolve: (ending: Ending) => void,
): Dispatcher.DispatchHandler {
  const overAtMs = monotonicMs() + timeoutMs;
  let controller: Dispatcher.DispatchController | null = null;
  let answer: HttpAnswer | null = null;
  let over = false;
  const end = (fault: string) => {
    over = true;
    clearTimeout(timer);
    resolve(answer === null ? { fault, written: controller !== null } : { answer });
  };
  const giveUp = (fault: string) => {
    end(fault);
    controller?.abort(new Error(fault));
  };
  const timer = setTimeout(giveUp, timeoutMs, `no answer within ${timeoutMs} ms`);
  return {
    onRequestStart: (started) => {
      if (over || monotonicMs() >= overAtMs) started.abort(new Error('its time was over before it began'));
      else controller = started;
    },
    onResponseStart: (_, status, headers) => {
      if (status >= 200) answer = { status, retryAfter: headers['retry-after'], chunks: [], bytes: 0 };
    },
    onResponseData: (_, chunk) => {
      if (over || answer === null) return;
      answer.chunks.push(chunk);
      answer.bytes += chunk.length;
      if (answer.bytes >= ANSWER_BYTES_MAX) giveUp('the answer is too long');
    },
    onResponseEnd: () => {
      if (!over) end('');
    },
    onResponseError: (_, error) => {
      if (!over) end(describe(error));
    },
  };
}

function elapsedMs(): number {
  return performance.now();
}

function outcomeOf(ending: Ending, nowMs: number, tell: (words: string) => string): Outcome {
  if ('answer' in ending) return outcomeOfAnswer(ending.answer, nowMs, tell);
  const reason = tell(ending.fault);
  if (ending.written) return { kind: 'unknown', reason };
  return { kind: 'unavailable', reason, answered: false, retryAfterMs: null };
}

function headersOf({ idempotencyKey, correlationId, traceparent }: ProviderMessage): string[] {
  const trace = traceparent === null ? [] : ['traceparent', headerValue(traceparent)];
  return [
    'Idempotency-Key',
    headerValue(idempotencyKey),
    'X-Correlation-ID',
    headerValue(correlationId),
    ...trace,
  ];
}

function bodyOf({ to, channel, content, subject, html }: ProviderMessage): string {
  // What is undefined is left out: vendors that know no subject are sent none.
  return JSON.stringify({ to, channel, content, subject: subject ?? undefined, html: html ?? undefined });
}

/** Several addresses of one name tried in vain are several errors in one that has no words of its own. */
function describe(error: Error): string {
  const [first = error] = error instanceof AggregateError ? error.errors : [];
  return first instanceof Error ? first.message || first.name : String(first);
}
