import { randomUUIDv7 } from 'node:crypto';
import { journey } from '@fanfare/contracts';
import {
  type Database,
  expireOverdue,
  findStuck,
  forgetExpiredKeys,
  forgetOutbox,
  readPublishable,
  releaseDue,
  stampRepublished,
  sweepStatusLists,
  takeAbandoned,
} from '@fanfare/db';
import type { JourneyRecords, KafkaHandle, OutgoingRecord, Publisher } from '@fanfare/kafka';
import { type Config, type Every, every, type Logger } from '@fanfare/runtime';
import { isChannelPast } from './channel-past.ts';
import type { config } from './config.ts';
import { onAbandoned } from './on-abandoned.ts';
import { onDue } from './on-due.ts';
import { onStuck } from './on-stuck.ts';
import { publishPromised } from './publish-promised.ts';

export type ChoresOptions = {
  db: Database;
  kafka: KafkaHandle;
  publisher: Publisher;
  records: JourneyRecords;
  settings: Config<typeof config>;
  log: Logger;
};

/** Groups relayed at once: of single requests tens of notifications each, of batches up to a thousand. */
const RELAY_GROUPS_MAX = 20;
/** What it finds has waited for minutes already. */
const RESCUE_EVERY_MS = 60_000;

/** Idempotency keys forgotten in one transaction, of a few milliseconds. */
const KEYS_FORGOTTEN_MAX = 1_000;
/** They give way from the moment they are too old, forgotten or not. */
const FORGET_EVERY_MS = 10_000;
/** A list of open notifications looks at each that was created since, or in the 20 s before. */
const LIST_EVERY_MS = 5_000;

/** Everything that has to be done again and again. */
export function startChores(options: ChoresOptions): Every[] {
  const { db, settings, log } = options;
  const { SCHEDULE_EVERY_MS, RELAY_EVERY_MS, SCHEDULE_BATCH } = settings;
  const publishing = publishingOf(options);
  const keepPromises = publishPromised({ ...publishing, forget: (outboxIds) => forgetOutbox(db, outboxIds) });
  const release = onDue({
    takeDue: () => releaseDue(db, randomUUIDv7(), SCHEDULE_BATCH),
    publishPromised: keepPromises,
  });
  const expire = onDue({
    takeDue: () => expireOverdue(db, randomUUIDv7(), SCHEDULE_BATCH),
    publishPromised: keepPromises,
  });
  const relay = onAbandoned({
    takeAbandoned: () => takeAbandoned(db, RELAY_GROUPS_MAX),
    publishPromised: keepPromises,
  });
  return [
    every({ what: 'releasing due notifications', everyMs: SCHEDULE_EVERY_MS, log }, release),
    every({ what: 'expiring what is overdue', everyMs: RELAY_EVERY_MS, log }, expire),
    every({ what: 'relaying unpublished groups', everyMs: RELAY_EVERY_MS, log }, relay),
    every(
      { what: 'forgetting old idempotency keys', everyMs: FORGET_EVERY_MS, log },
      async () => (await forgetExpiredKeys(db, KEYS_FORGOTTEN_MAX)) > 0,
    ),
    every({ what: 'listing what is still open', everyMs: LIST_EVERY_MS, log }, () => sweepStatusLists(db)),
    every({ what: 'looking for what is stuck', everyMs: RESCUE_EVERY_MS, log }, rescue(options, publishing)),
  ];
}

type Publishing = ReturnType<typeof publishingOf>;

function publishingOf({ db, publisher, records }: ChoresOptions) {
  return {
    read: (ids: string[]) => readPublishable(db, ids),
    publish: (outgoing: OutgoingRecord[]) => publisher.publish(outgoing),
    records,
  };
}

function rescue({ db, kafka, log }: ChoresOptions, publishing: Publishing): () => Promise<boolean> {
  return onStuck(
    {
      ...publishing,
      findStuck: (from) => findStuck(db, from),
      stamp: (ids) => stampRepublished(db, ids),
      isPast: (channel, momentMs) => isChannelPast(kafka, channel, momentMs),
      now: Date.now,
      log: (message, fields) => log.warn(message, fields),
    },
    journey.work.retentionMs,
  );
}
