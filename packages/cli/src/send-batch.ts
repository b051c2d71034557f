import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '@fanfare/runtime';
import { ApiError } from './ask.ts';
import type { CommandDeps } from './command.ts';
import type { DraftBatch } from './draft-batches.ts';
import type { CreatedBatch } from './notifications-api.ts';

export type SendBatchOptions = {
  key: string;
  correlationId: string;
  /** Whether the API has answered before: then its absence is taken for a restart. */
  isKnown: boolean;
  onWait: (why: string, waitMs: number) => void;
};

const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 15_000;
/** With waits of 15 s and half of that: three minutes, and what the waits that the API asks for take. */
const TRIES_MAX = 20;

/**
 * Sends a batch, and again while the API cannot take it: under its key that is carried out once.
 * @throws ApiError when it is refused, the API stays away, or somebody wants an end
 */
export async function sendBatch(
  { api, random, signal }: CommandDeps,
  { drafts }: DraftBatch,
  { key, correlationId, isKnown, onWait }: SendBatchOptions,
): Promise<CreatedBatch> {
  const headers = { 'idempotency-key': key, 'x-correlation-id': correlationId };
  const extras = {
    headers,
    onWait: (refusal: ApiError, waitMs: number) => onWait(firstLine(refusal), waitMs),
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.notifications.createBatch(drafts, extras);
    } catch (error) {
      if (!(error instanceof ApiError) || !isPassing(error, isKnown) || attempt === TRIES_MAX) throw error;
      const waitMs = backoffMs({
        attempt,
        baseMs: BACKOFF_BASE_MS,
        capMs: BACKOFF_CAP_MS,
        random: random(),
      });
      onWait(firstLine(error), waitMs);
      await sleep(waitMs, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}

function isPassing({ status }: ApiError, isKnown: boolean): boolean {
  return status === 429 || status >= 500 || (status === 0 && isKnown);
}

function firstLine({ message }: ApiError): string {
  return message.split('\n', 1)[0] ?? '';
}
