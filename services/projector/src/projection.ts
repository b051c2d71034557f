import { DEAD_LETTER_TOPIC, STATUS_TOPIC } from '@fanfare/contracts';
import {
  type Database,
  indexDeadLetters,
  project,
  readPositions,
  readProgress,
  rewindProgress,
} from '@fanfare/db';
import {
  consume,
  type Consumption,
  endOffsets,
  type KafkaHandle,
  readStatusEvent,
  type Serde,
} from '@fanfare/kafka';
import { type RedisHandle, statusMessage } from '@fanfare/redis';
import { every, type Logger } from '@fanfare/runtime';
import { indexGroup } from './on-dead-letter.ts';
import { projectGroup } from './on-status.ts';
import { createPositions, type Positions } from './positions.ts';
import { createRecordGroups, type RecordGroups } from './record-groups.ts';
import { startPosition } from './start-position.ts';

export type ProjectionOptions = {
  groupId: string;
  db: Database;
  kafka: KafkaHandle;
  redis: RedisHandle;
  serde: Serde;
  log: Logger;
  /** Tries a step again until it succeeds. */
  persist: <T>(what: string, step: () => Promise<T>) => Promise<T>;
  onFatal: (error: unknown) => void;
};

/** A stream of records on its way into Postgres. */
export type Projection = {
  /** Takes nothing new and finishes what was fetched. */
  stop: () => Promise<void>;
  inFlight: () => number;
};

/** Enough to share out the cost of a commit, few enough that it takes well under a second. */
const GROUP_SIZE_MAX = 2_000;
/** Groups stay full with six partitions, and a backlog stays out of memory. */
const PARTITION_RECORDS_MAX = 1_024;
/** How soon a gateway sees that it has missed the last event of a quiet partition. */
const POSITION_EVERY_MS = 1_000;
/** How soon is projected again what a crash of Postgres took back, also when nothing else comes. */
const RECHECK_EVERY_MS = 1_000;

/** Joins the group that keeps trace and read model, and tells the gateways. */
export async function openStatusProjection(options: ProjectionOptions): Promise<Projection> {
  const { kafka, redis, log, onFatal } = options;
  const positions: Positions = createPositions({
    startPosition: (partition) => startPosition(startDeps(options), partition),
    readProgress: (partition) => readProgress(options.db, STATUS_TOPIC, partition),
    readPositions: () => readPositions(options.db, STATUS_TOPIC),
    reposition: (partition) => {
      log.warn('the database stands before what was projected, projecting it again', { partition });
      consumption.reposition(STATUS_TOPIC, partition);
    },
  });
  const groups = createRecordGroups({
    handle: (records) => projectGroup(statusDeps(options, positions), records),
    sizeMax: GROUP_SIZE_MAX,
    onFatal,
  });
  const consumption = await consume({
    kafka,
    groupId: options.groupId,
    topics: [STATUS_TOPIC],
    capacity: PARTITION_RECORDS_MAX,
    onRecords: groups.push,
    seekTo: (_, partition) => positions.start(partition),
    onRevoked: (gone) => positions.forget(gone.map(({ partition }) => partition)),
    onFatal,
  });
  const telling = setInterval(
    () => void redis.publishFrames(positions.positionFrames().map(statusMessage)),
    POSITION_EVERY_MS,
  );
  const rechecking = every({ what: 'rechecking positions', everyMs: RECHECK_EVERY_MS, log }, () =>
    positions.recheck(),
  );
  const { stop, inFlight } = projection(consumption, groups);
  return {
    inFlight,
    stop: async () => {
      await Promise.all([rechecking.stop(), stop()]).finally(() => clearInterval(telling));
    },
  };
}

/** Joins the group that keeps the index of the dead letters. */
export async function openDeadLetterIndex(options: ProjectionOptions): Promise<Projection> {
  const { db, kafka, persist, onFatal } = options;
  const groups = createRecordGroups({
    handle: (records) => indexGroup({ index: (letters) => indexDeadLetters(db, letters), persist }, records),
    sizeMax: GROUP_SIZE_MAX,
    onFatal,
  });
  const consumption = await consume({
    kafka,
    groupId: options.groupId,
    topics: [DEAD_LETTER_TOPIC],
    onRecords: groups.push,
    onFatal,
  });
  return projection(consumption, groups);
}

function projection(consumption: Consumption, groups: RecordGroups): Projection {
  return {
    inFlight: () => consumption.inFlight(),
    stop: async () => {
      consumption.pause();
      await groups.idle();
      await consumption.stop();
    },
  };
}

function startDeps({ db, kafka, log }: ProjectionOptions) {
  return {
    readProgress: (partition: number) => readProgress(db, STATUS_TOPIC, partition),
    rewindProgress: (move: Parameters<typeof rewindProgress>[2]) => rewindProgress(db, STATUS_TOPIC, move),
    ranges: () => endOffsets({ kafka, topic: STATUS_TOPIC }),
    log,
  };
}

function statusDeps({ db, redis, serde, persist, log }: ProjectionOptions, positions: Positions) {
  return {
    decode: (bytes: Buffer | null) => readStatusEvent(serde, bytes),
    project: (moves: Parameters<typeof project>[2], events: Parameters<typeof project>[3]) =>
      project(db, STATUS_TOPIC, moves, events),
    publish: (messages: Parameters<RedisHandle['publishFrames']>[0]) => redis.publishFrames(messages),
    positions,
    persist,
    log,
  };
}
