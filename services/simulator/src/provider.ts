import type { IncomingMessage, ServerResponse } from 'node:http';
import { counter } from '@fanfare/runtime';
import { answerFor, latencyMs } from './behaviour.ts';
import type { Answer, Behaviour } from './behaviour.ts';
import { readJson, reply } from './http.ts';
import type { RequestLog } from './request-log.ts';
import type { Tally } from './tally.ts';

/** What the simulator holds. */
export type Simulator = {
  behaviour: Behaviour;
  log: RequestLog;
  tally: Tally;
  now: () => number;
  /** In [0, 1). */
  random: () => number;
};

/** A message sent to the provider: read it, decide, take it down, answer when the latency has passed. */
export async function onMessage(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const message = messageOf(await readJson(request), request.url ?? '/');
  if (message === null) return reply(response, 400, { error: 'to, channel and content must be texts' });
  const answer = takeDown(simulator, message, request.headers);
  const waitMs = latencyMs(simulator.behaviour, simulator.random());
  if (waitMs > 0) setTimeout(send, waitMs, simulator, response, answer);
  else send(simulator, response, answer);
}

const requests = counter({
  name: 'fanfare_simulator_requests_total',
  help: 'Messages that were sent to the simulated provider, by its answer.',
  labels: ['answer'],
});

type Message = { to: string; channel: string; content: string };

function messageOf(body: unknown, path: string): Message | null {
  if (typeof body !== 'object' || body === null) return null;
  const { to, content, channel = channelOf(path) }: Partial<Record<keyof Message, unknown>> = body;
  if (typeof to !== 'string' || typeof content !== 'string' || typeof channel !== 'string') return null;
  return { to, channel, content };
}

/** `/send/sms` names a channel for vendors whose body does not. */
function channelOf(path: string): string | undefined {
  return /^\/send\/([\w-]+)$/.exec(path)?.[1];
}

function takeDown(simulator: Simulator, message: Message, headers: IncomingMessage['headers']): Answer {
  const { behaviour, log, tally } = simulator;
  const idempotencyKey = textOf(headers['idempotency-key']);
  // Without a key, the same text to the same person is taken for a repeat.
  const key = idempotencyKey ?? `${message.to}\n${message.content}`;
  const attempt = tally.attempt(key);
  const answer = answerFor({ content: message.content, attempt, behaviour, random: simulator.random() });
  const at = simulator.now();
  tally.count(key, answer, at);
  requests.inc({ answer });
  const correlationId = textOf(headers['x-correlation-id']);
  log.add({
    ...message,
    idempotencyKey,
    correlationId,
    traceparent: textOf(headers['traceparent']),
    at,
    answer,
  });
  return answer;
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}

function send({ behaviour, now }: Simulator, response: ServerResponse, answer: Answer): void {
  switch (answer) {
    case 'accepted':
      return reply(response, 202, {
        messageId: crypto.randomUUID(),
        status: 'accepted',
        timestamp: new Date(now()),
      });
    case 'failed':
      return reply(response, 503, { error: 'unavailable' });
    case 'rejected':
      return reply(response, 400, { error: 'rejected' });
    case 'throttled':
      return reply(
        response,
        429,
        { error: 'slow down' },
        { 'retry-after': String(behaviour.retryAfterSeconds) },
      );
    case 'dropped':
      response.socket?.destroy();
      return;
    case 'hung':
  }
}
