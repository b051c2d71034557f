import { setTimeout as sleep } from 'node:timers/promises';
import { type Notification, notificationCodec } from '@fanfare/contracts';
import {
  type Accepted,
  adoptForeign,
  claim,
  type ClaimRequest,
  type Database,
  deliverLate,
  giveUp,
  type HeldDelivery,
  isolate,
  RowRefused,
  settle,
  type Settlement,
} from '@fanfare/db';
import type { ContentLimits } from '@fanfare/domain';
import {
  type ConsumedRecord,
  type OutgoingRecord,
  publishEach,
  type Publisher,
  type Serde,
} from '@fanfare/kafka';
import type { Provider } from '@fanfare/providers';
import {
  extractContext,
  grouped,
  type Logger,
  startSpan,
  Stopped,
  traceparentOf,
  untilDone,
} from '@fanfare/runtime';
import type { Called, DeliveryDeps } from './on-record.ts';
import { readWork } from './read-work.ts';

export type StepsOptions = {
  db: Database;
  publisher: Publisher;
  serde: Serde;
  provider: Provider;
  limits: ContentLimits;
  leaseMs: number;
  timeoutMs: number;
  log: Logger;
  /** Ends the waiting for what is away. */
  signal: AbortSignal;
};

export type Steps = Pick<
  DeliveryDeps,
  | 'readWork'
  | 'adopt'
  | 'claim'
  | 'settle'
  | 'deliverLate'
  | 'giveUp'
  | 'publish'
  | 'call'
  | 'hasTimeToCall'
  | 'waitUntil'
>;

/** Statements of this many rows take a few milliseconds; larger ones would make their first row wait for the last. */
const GROUP = { sizeMax: 128, inFlightMax: 2 };

/** The steps of a delivery over the real adapters: a round trip serves a group, and each is tried until it succeeds. */
export function createSteps(options: StepsOptions): Steps {
  const { serde, provider, limits, leaseMs, timeoutMs, log, signal } = options;
  const persist: Persist = (what, step) =>
    untilDone(step, { what, log, signal, isFinal: (error) => error instanceof RowRefused });
  const reading = {
    decode: async (bytes: Buffer | null) => serde.decode(notificationCodec, bytes),
    limits,
    now: Date.now,
  };
  return {
    readWork: (record) => persist('reading a record', () => readWork(reading, record)),
    call: (notification, delivery, record) => call(provider, notification, delivery, record.headers),
    hasTimeToCall: (claimedAtMs) => performance.now() - claimedAtMs < leaseMs - timeoutMs,
    waitUntil: (epochMs) => waitUntil(epochMs, signal),
    publish: publishing(options.publisher, persist),
    ...rowSteps(options, persist),
  };
}

async function waitUntil(epochMs: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, epochMs - Date.now()), undefined, { signal }).catch(() => {
    throw new Stopped('waiting for a lease to end');
  });
}

type Persist = <T>(what: string, step: () => Promise<T>) => Promise<T>;

/** Steps on rows of the truth. No two records of one id are in flight at once, so the ids of a group are distinct. */
function rowSteps(
  { db, leaseMs }: StepsOptions,
  persist: Persist,
): Pick<Steps, 'adopt' | 'claim' | 'settle' | 'deliverLate' | 'giveUp'> {
  const adopting = grouped({
    ...GROUP,
    run: (accepted: Accepted[]) => isolate(accepted, (some) => adoptForeign(db, some)),
  });
  const claiming = grouped({
    ...GROUP,
    run: async (requests: ClaimRequest[]) => {
      const claims = await claim(db, requests, leaseMs);
      return requests.map(({ id }) => claims.get(id) ?? null);
    },
  });
  const settling = grouped({
    ...GROUP,
    run: async (settlements: Settlement[]) => {
      const settled = await settle(db, settlements);
      return settlements.map(({ id }) => settled.get(id) ?? null);
    },
  });
  return {
    adopt: (accepted) =>
      persist('storing a foreign notification', async () => {
        const adopted = await adopting(accepted);
        if (adopted === 'unseen') throw new Error('another transaction is storing it at this moment');
        return adopted;
      }),
    claim: (request) => persist('claiming', () => claiming(request)),
    settle: (settlement) => persist('settling', () => settling(settlement)),
    giveUp: (id, fence, reason) => persist('giving up', () => giveUp(db, { id, fence, reason })),
    deliverLate: (late) => persist('recording a late delivery', () => deliverLate(db, [late])),
  };
}

function publishing(publisher: Publisher, persist: Persist): Steps['publish'] {
  const publish = grouped({
    ...GROUP,
    run: (callers: OutgoingRecord[][]) => publishEach(publisher, callers),
  });
  return async (records, ifRefused) => {
    const refused = await persist('publishing', async () => {
      const refusal = await publish(records);
      if (refusal !== null && ifRefused === undefined) throw refusal;
      return refusal;
    });
    if (refused !== null) await ifRefused?.(refused);
  };
}

async function call(
  provider: Provider,
  notification: Notification,
  delivery: HeldDelivery,
  headers: ConsumedRecord['headers'],
): Promise<Called> {
  const { channel } = notification;
  const span = startSpan('deliver', extractContext(headers), { channel, attempt: delivery.attempt });
  const startedAt = performance.now();
  const outcome = await provider.send({
    to: notification.recipient,
    channel,
    content: notification.content ?? '',
    subject: notification.subject,
    html: notification.html,
    // A redrive is a new delivery and must not be taken for the one that failed.
    idempotencyKey: `${notification.id}:${delivery.cycle}`,
    correlationId: notification.correlation_id ?? notification.id,
    traceparent: traceparentOf(span.context),
  });
  span.end(outcome.kind === 'accepted' ? undefined : outcome.kind);
  return { outcome, provider: provider.name, durationMs: performance.now() - startedAt };
}
