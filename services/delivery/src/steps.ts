import { type Notification, notificationCodec } from '@fanfare/contracts';
import {
  type Accepted,
  adoptForeign,
  claim,
  type ClaimRequest,
  type Database,
  deliverLate,
  findAdopted,
  findTemplates,
  giveUp,
  isolate,
  readPublishable,
  RowRefused,
  settle,
  type Settlement,
} from '@fanfare/db';
import type { ContentLimits } from '@fanfare/domain';
import { type OutgoingRecord, publishEach, type Publisher, RegistryAway, type Serde } from '@fanfare/kafka';
import { grouped, type Logger, untilDone } from '@fanfare/runtime';
import { adopt } from './adopt.ts';
import type { DeliveryDeps } from './on-record.ts';
import { readWork } from './read-work.ts';

export type StepsOptions = {
  db: Database;
  publisher: Publisher;
  serde: Serde;
  limits: ContentLimits;
  leaseMs: number;
  log: Logger;
  /** Ends the waiting for what is away. */
  signal: AbortSignal;
};

export type Steps = Pick<
  DeliveryDeps,
  'readWork' | 'adopt' | 'claim' | 'whole' | 'settle' | 'deliverLate' | 'giveUp' | 'publish'
>;

/** Statements of this many rows take a few milliseconds; larger ones would make their first row wait for the last. */
const GROUP = { sizeMax: 128, inFlightMax: 2 };

/** The steps of a delivery over the real adapters: a round trip serves a group, and each is tried until it succeeds. */
export function createSteps(options: StepsOptions): Steps {
  const { serde, limits, log, signal } = options;
  const persist: Persist = (what, step) =>
    untilDone(step, { what, log, signal, isFinal: (error) => error instanceof RowRefused });
  const tellUnreadable = unreadableTeller(log);
  const reading = {
    decode: async (bytes: Buffer | null) => serde.decode(notificationCodec, bytes),
    limits,
    now: Date.now,
  };
  return {
    readWork: (record) => readWork(reading, record).catch(tellUnreadable),
    publish: publishing(options.publisher, persist),
    ...rowSteps(options, persist),
  };
}

/** Each that waits asks again every second; the log says it now and then. */
const TELL_EVERY_MS = 30_000;

function unreadableTeller(log: Logger): (error: unknown) => 'unreadable now' {
  let tellAfterMs = 0;
  return (error) => {
    if (!(error instanceof RegistryAway)) throw error;
    if (performance.now() >= tellAfterMs) {
      log.warn('records wait for the schema registry', { error });
      tellAfterMs = performance.now() + TELL_EVERY_MS;
    }
    return 'unreadable now';
  };
}

type Persist = <T>(what: string, step: () => Promise<T>) => Promise<T>;

/** Steps on rows of the truth. No two records of one id are in flight at once, so the ids of a group are distinct. */
function rowSteps(
  { db, leaseMs, limits }: StepsOptions,
  persist: Persist,
): Pick<Steps, 'adopt' | 'claim' | 'whole' | 'settle' | 'deliverLate' | 'giveUp'> {
  const adoption = {
    limits,
    findAdopted: (accepted: Accepted[]) => findAdopted(db, accepted),
    findTemplates: (ids: string[]) => findTemplates(db, ids),
    adoptForeign: (accepted: Accepted[]) => adoptForeign(db, accepted),
  };
  const adopting = grouped({
    ...GROUP,
    run: (accepted: Accepted[]) => isolate(accepted, (some) => adopt(adoption, some)),
  });
  const reading = grouped({ ...GROUP, run: (ids: string[]) => storedNotifications(db, ids) });
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
    whole: async (notification) =>
      notification.content === null
        ? persist('reading a rendered notification', async () => present(await reading(notification.id)))
        : notification,
    settle: (settlement) => persist('settling', () => settling(settlement)),
    giveUp: (id, fence, reason) => persist('giving up', () => giveUp(db, { id, fence, reason })),
    deliverLate: (late) => persist('recording a late delivery', () => deliverLate(db, [late])),
  };
}

async function storedNotifications(db: Database, ids: string[]): Promise<(Notification | undefined)[]> {
  const rows = await readPublishable(db, ids);
  const byId = new Map(rows.map(({ notification }) => [notification.id, notification]));
  return ids.map((id) => byId.get(id));
}

function present(stored: Notification | undefined): Notification {
  if (stored === undefined) throw new Error('it is claimed and has no row');
  return stored;
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
