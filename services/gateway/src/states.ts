import type { LogPosition, ReadSnapshot } from '@fanfare/db';
import { grouped } from '@fanfare/runtime';
import { dispatch, type Hub } from './hub.ts';
import { type StatusUpdate, statusUpdate } from './status-update.ts';
import type { Interest } from './told.ts';

export type StatesDeps = {
  /** The newest state of each notification; an unknown id is missing. */
  readMany: (ids: string[]) => Promise<ReadSnapshot[]>;
  readBatch: (id: string, limit: number) => Promise<ReadSnapshot[]>;
};

/** A state, and up to where the status log is in it. */
export type ReadState = { state: StatusUpdate; offsets: LogPosition };

export type States = {
  /** The present state of what a client asks for; nothing for an unknown id. */
  read: (interest: Interest) => Promise<ReadState[]>;
  /** Reads everything that somebody listens to, and tells what is newer than what they were told. */
  readAgain: (hub: Hub) => Promise<void>;
};

const CHUNK_IDS = 500;
/** What is left of the connections serves health. */
const READS_IN_FLIGHT_MAX = 2;
const WAITING_IDS_MAX = 50_000;
const WAITING_BATCHES_MAX = 1_000;
/** Ten of the largest batches that REST takes. */
const BATCH_STATES_MAX = 10_000;

/** Clients that ask at the same time, as after a restart they all do, share their queries. */
export function createStates(deps: StatesDeps): States {
  const readOne = grouped<string, ReadState[]>({
    run: async (ids) => {
      const states = new Map(
        readStates(await deps.readMany(ids)).map((read) => [read.state.notification_id, [read]]),
      );
      return ids.map((id) => states.get(id) ?? []);
    },
    sizeMax: CHUNK_IDS,
    inFlightMax: READS_IN_FLIGHT_MAX,
    queueMax: WAITING_IDS_MAX,
  });
  const readBatch = grouped<string, ReadState[]>({
    run: (ids) => Promise.all(ids.map(async (id) => readStates(await deps.readBatch(id, BATCH_STATES_MAX)))),
    sizeMax: 1,
    inFlightMax: READS_IN_FLIGHT_MAX,
    queueMax: WAITING_BATCHES_MAX,
  });
  return {
    read: async (interest) => {
      if (interest.kind === 'all') return [];
      return interest.kind === 'batch_id' ? readBatch(interest.id) : readOne(interest.id);
    },
    readAgain: (hub) => readAgain(deps, hub),
  };
}

/** They were read together, so they share their place in the log. */
function readStates(rows: ReadSnapshot[]): ReadState[] {
  const entries = Object.entries(rows[0]?.log_offsets ?? {});
  const offsets = new Map(entries.map(([partition, offset]) => [Number(partition), offset]));
  return rows.map((row) => ({ state: statusUpdate(row), offsets }));
}

async function readAgain({ readMany, readBatch }: StatesDeps, hub: Hub): Promise<void> {
  const interests = Array.from(hub.values(), (subscriptions) => [...subscriptions][0]?.interest);
  const ids = (kind: 'notification_id' | 'batch_id') =>
    interests.flatMap((interest) => (interest?.kind === kind ? [interest.id] : []));
  const tell = (row: ReadSnapshot): void => dispatch(hub, { state: statusUpdate(row), place: null });
  for (const chunk of chunks(ids('notification_id'))) for (const row of await readMany(chunk)) tell(row);
  for (const id of ids('batch_id')) for (const row of await readBatch(id, BATCH_STATES_MAX)) tell(row);
}

function chunks(ids: string[]): string[][] {
  const count = Math.ceil(ids.length / CHUNK_IDS);
  return Array.from({ length: count }, (_, index) => ids.slice(index * CHUNK_IDS, (index + 1) * CHUNK_IDS));
}
