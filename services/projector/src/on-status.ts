import type { StatusEvent } from '@fanfare/contracts';
import { isolate, type LoggedEvent, type Move, type Projected, RowRefused } from '@fanfare/db';
import { type ConsumedRecord, Undecodable } from '@fanfare/kafka';
import { type RedisMessage, statusMessage } from '@fanfare/redis';
import { counter, histogram, type Logger } from '@fanfare/runtime';
import type { Positions } from './positions.ts';

export type StatusDeps = {
  /** Rejects with `Undecodable` when the bytes will never be readable, with anything else when they may be later. */
  decode: (bytes: Buffer | null) => Promise<StatusEvent>;
  project: (moves: Move[], events: LoggedEvent[]) => Promise<Projected>;
  positions: Positions;
  /** Resolves with how many messages were lost. */
  publish: (messages: RedisMessage[]) => Promise<number>;
  /** Tries a step again until it succeeds. */
  persist: <T>(what: string, step: () => Promise<T>) => Promise<T>;
  log: Logger;
};

/**
 * Projects records of any partitions, each partition's in order: trace, read model and positions in one transaction,
 * then a frame for each event that was new, then the Kafka commit.
 */
export async function projectGroup(deps: StatusDeps, records: ConsumedRecord[]): Promise<void> {
  let left = await deps.persist('reading status events', () => readAll(deps, records));
  while (left.length > 0) {
    const entries = left;
    left = await deps.persist('projecting status events', () => projectOnce(deps, entries));
  }
}

/** A record of the status topic; without an event when its bytes hold none. */
type Entry = { record: ConsumedRecord; event: StatusEvent | null };

const passed = counter({
  name: 'fanfare_projector_records_total',
  help: 'Records of the status topic that are behind the projector, by what they were',
  labels: ['result'],
});
const framesLost = counter({
  name: 'fanfare_projector_frames_lost_total',
  help: 'Frames that Redis did not take; gateways then read from Postgres what they missed',
});
const groupEvents = histogram({
  name: 'fanfare_projector_group_events',
  help: 'Events projected in one transaction',
  buckets: [1, 10, 100, 500, 1_000, 2_000],
});

function readAll(deps: StatusDeps, records: ConsumedRecord[]): Promise<Entry[]> {
  return Promise.all(records.map((record) => read(deps, record)));
}

async function read({ decode, log }: StatusDeps, record: ConsumedRecord): Promise<Entry> {
  try {
    return { record, event: await decode(record.value) };
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
    const { topic, partition, offset } = record;
    const reason = error.message;
    log.warn('a status record cannot be read and is passed over', { topic, partition, offset, reason });
    passed.inc({ result: 'undecodable' });
    return { record, event: null };
  }
}

/** Resolves with what is still to be projected: entries of partitions that somebody else has moved meanwhile. */
async function projectOnce(deps: StatusDeps, entries: Entry[]): Promise<Entry[]> {
  const due = await outstanding(deps, entries);
  if (due.length === 0) return [];
  const results = await isolate(due, (half) => projectTogether(deps, half));
  for (const [index, entry] of due.entries()) {
    const result = results[index];
    if (result instanceof RowRefused) await passOver(deps, entry, result);
  }
  return due.filter(({ record }) => !deps.positions.isPassed(record));
}

/** Leaves out what has gone to another member, and what is projected already. */
async function outstanding({ positions }: StatusDeps, entries: Entry[]): Promise<Entry[]> {
  await positions.refresh(entries.map(({ record }) => record).filter((record) => !record.isStale()));
  const current = entries.filter(({ record }) => !record.isStale());
  const [done, due] = partitionBy(current, ({ record }) => positions.isPassed(record));
  for (const { record } of done) record.done();
  return due;
}

async function projectTogether(deps: StatusDeps, entries: Entry[]): Promise<Entry[]> {
  const moves = deps.positions.movesPast(entries.map(({ record }) => record));
  const events = entries.flatMap(loggedEvent);
  const { moved, traced } = await deps.project(moves, events);
  deps.positions.settle(moves, moved);
  const [projected] = partitionBy(entries, ({ record }) => deps.positions.isPassed(record));
  await announce(deps, projected, traced);
  for (const { record } of projected) record.done();
  return entries;
}

/** A frame for each event that was new; one that was not has been told before. */
async function announce(
  { positions, publish }: StatusDeps,
  entries: Entry[],
  traced: Set<string>,
): Promise<void> {
  const messages = entries.flatMap(({ record: { partition, offset }, event }) =>
    event !== null && traced.has(`${partition}:${offset}`)
      ? [statusMessage(positions.eventFrame(partition, { offset, event }))]
      : [],
  );
  groupEvents.observe(entries.length);
  passed.inc({ result: 'new' }, messages.length);
  passed.inc({ result: 'repeated' }, entries.filter(({ event }) => event !== null).length - messages.length);
  framesLost.inc(await publish(messages));
}

/**
 * The position alone moves past an event that Postgres refuses. When it refuses that too, the fault is not the
 * event's (a table is missing), and nothing is passed over.
 */
async function passOver(
  { positions, project, log }: StatusDeps,
  { record }: Entry,
  why: RowRefused,
): Promise<void> {
  if (!positions.isPassed(record)) {
    const moves = positions.movesPast([record]);
    positions.settle(moves, (await project(moves, [])).moved);
  }
  if (!positions.isPassed(record)) return;
  const { topic, partition, offset } = record;
  log.error('a status event is refused by the database and is passed over', {
    topic,
    partition,
    offset,
    reason: why.message,
  });
  passed.inc({ result: 'refused' });
  record.done();
}

function loggedEvent({ record: { partition, offset }, event }: Entry): LoggedEvent[] {
  return event === null ? [] : [{ ...event, log_partition: partition, log_offset: offset }];
}

function partitionBy<T>(all: T[], belongs: (one: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))];
}
