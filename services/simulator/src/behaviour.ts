import { z } from '@fanfare/runtime';

/** What a request is answered with. */
export type Answer = 'accepted' | 'failed' | 'rejected' | 'throttled' | 'hung' | 'dropped';

const rate = z.number().min(0).max(1);
/** Ten minutes: longer than any caller waits. */
const delayMs = z.number().int().min(0).max(600_000);

/** How the simulated provider behaves; can be changed while it runs. */
const behaviourSchema = z.strictObject({
  latencyMs: delayMs,
  /** Added to the latency, evenly spread from 0 to this. */
  jitterMs: delayMs,
  failRate: rate,
  throttleRate: rate,
  hangRate: rate,
  dropRate: rate,
  retryAfterSeconds: z.number().int().min(0).max(86_400),
});
export type Behaviour = z.infer<typeof behaviourSchema>;

/** How it answers a message. A marker in the content decides, else chance does. */
export function answerFor(request: AnswerRequest): Answer {
  return markedAnswer(request.content, request.attempt) ?? chanceAnswer(request.behaviour, request.random);
}

export function latencyMs({ latencyMs: least, jitterMs }: Behaviour, random: number): number {
  return least + jitterMs * random;
}

/** Takes over the fields that are given, and tells what is wrong with them, if anything. */
export function changeBehaviour(
  present: Behaviour,
  change: unknown,
): { behaviour: Behaviour } | { faults: Fault[] } {
  const parsed = behaviourSchema.partial().safeParse(change);
  if (!parsed.success)
    return { faults: parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })) };
  const behaviour = behaviourSchema.parse({ ...present, ...parsed.data });
  const { failRate, throttleRate, hangRate, dropRate } = behaviour;
  if (failRate + throttleRate + hangRate + dropRate <= 1) return { behaviour };
  return { faults: [{ field: 'failRate', message: 'the sum of the four rates must be 1 or less' }] };
}

export type Fault = { field: string; message: string };

type AnswerRequest = {
  content: string;
  /** 1 for the first request with this idempotency key. */
  attempt: number;
  behaviour: Behaviour;
  /** In [0, 1). */
  random: number;
};

const MARKER = /\[(fail|throttle|reject|hang|drop)(?::(\d+))?\]/g;
const markedAnswers: Readonly<Record<string, Answer>> = {
  fail: 'failed',
  throttle: 'throttled',
  reject: 'rejected',
  hang: 'hung',
  drop: 'dropped',
};

/** `[fail:2]` stands for the first two attempts, `[fail]` for all. Several markers are asked in order. */
function markedAnswer(content: string, attempt: number): Answer | null {
  if (!content.includes('[')) return null;
  const markers = [...content.matchAll(MARKER)];
  const [, kind = ''] = markers.find(([, , times]) => times === undefined || attempt <= Number(times)) ?? [];
  return markedAnswers[kind] ?? (markers.length > 0 ? 'accepted' : null);
}

function chanceAnswer({ failRate, throttleRate, hangRate, dropRate }: Behaviour, random: number): Answer {
  const throttleFrom = failRate;
  const hangFrom = throttleFrom + throttleRate;
  const dropFrom = hangFrom + hangRate;
  if (random < throttleFrom) return 'failed';
  if (random < hangFrom) return 'throttled';
  if (random < dropFrom) return 'hung';
  return random < dropFrom + dropRate ? 'dropped' : 'accepted';
}
