import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cancel,
  cancelBatch,
  changeTemplate,
  countDeadLetters,
  countLastMinute,
  countOpenDeadLetters,
  createTemplate,
  type Database,
  deleteDeadLetter,
  deleteTemplate,
  findBatch,
  findFirstUse,
  findTemplates,
  forgetKey,
  getBatch,
  getDeadLetter,
  getNotification,
  getTemplate,
  getTrace,
  guardKey,
  listDeadLetters,
  listNotifications,
  listTemplates,
  openCursorKey,
  pauseLane,
  previewRedrive,
  purgeDeadLetters,
  readLanes,
  redriveDeadLetter,
  redriveDeadLetters,
  reschedule,
  resumeLane,
} from '@fanfare/db';
import type { CancelDeps } from './on-cancel.ts';
import type { BatchCancelDeps } from './on-batch-cancel.ts';
import type { CreateDeps } from './on-create.ts';
import type { DeadLetterDeps } from './on-dead-letters.ts';
import type { GuardDeps, OnceDeps } from './idempotency.ts';
import type { LaneDeps } from './on-lanes.ts';
import type { ListDeps } from './on-list.ts';
import type { MetricsDeps } from './on-metrics.ts';
import type { ReadDeps } from './on-read.ts';
import type { RescheduleDeps } from './on-reschedule.ts';
import type { TemplateDeps } from './on-templates.ts';

/** All that the API asks of Postgres, but for accepting. */
export function rows(db: Database) {
  return {
    ...notificationRows(db),
    ...templateRows(db),
    ...deadLetterRows(db),
    ...laneRows(db),
    ...keyRows(db),
  };
}

type NotificationDeps = ReadDeps &
  ListDeps &
  CancelDeps &
  BatchCancelDeps &
  Pick<CreateDeps, 'findBatch'> &
  Pick<RescheduleDeps, 'reschedule'> &
  Pick<MetricsDeps, 'countLastMinute'>;

function notificationRows(db: Database): NotificationDeps {
  return {
    getNotification: (id) => getNotification(db, id),
    getTrace: (id) => getTrace(db, id),
    listNotifications: (filter, walk) => listNotifications(db, filter, walk),
    cursorKey: openCursorKey(db),
    cancel: (id) => cancel(db, id, randomUUIDv7()),
    reschedule: (id, scheduledAt) => reschedule(db, id, scheduledAt),
    getBatch: (id) => getBatch(db, id),
    findBatch: (id) => findBatch(db, id),
    cancelBatch: (id) => cancelBatch(db, id, randomUUIDv7()),
    countLastMinute: () => countLastMinute(db),
  };
}

function templateRows(
  db: Database,
): Omit<TemplateDeps, 'newId' | keyof OnceDeps> & Pick<CreateDeps, 'findTemplates'> {
  return {
    createTemplate: (template, key) => createTemplate(db, template, key),
    changeTemplate: (id, change, key) => changeTemplate(db, id, change, key),
    getTemplate: (id, version) => getTemplate(db, id, version),
    listTemplates: (page) => listTemplates(db, page),
    deleteTemplate: (id) => deleteTemplate(db, id),
    findTemplates: (ids) => findTemplates(db, ids),
  };
}

function deadLetterRows(db: Database): DeadLetterDeps {
  return {
    listDeadLetters: (search, page) => listDeadLetters(db, search, page),
    getDeadLetter: (id) => getDeadLetter(db, id),
    deleteDeadLetter: (id) => deleteDeadLetter(db, id),
    purgeDeadLetters: (search, limit) => purgeDeadLetters(db, search, limit),
    countDeadLetters: (search) => countDeadLetters(db, search),
    countOpenDeadLetters: (filter, beyond) => countOpenDeadLetters(db, filter, beyond),
    redriveDeadLetters: (filter, limit) => redriveDeadLetters(db, filter, limit),
    redriveDeadLetter: (id) => redriveDeadLetter(db, id),
    previewRedrive: (filter) => previewRedrive(db, filter),
    monotonicMs: () => performance.now(),
    sleep: (ms) => sleep(ms),
  };
}

function laneRows(db: Database): LaneDeps {
  return {
    readLanes: () => readLanes(db),
    pauseLane: (lanes) => pauseLane(db, lanes),
    resumeLane: (lanes) => resumeLane(db, lanes),
  };
}

/** Of idempotency keys. */
function keyRows(db: Database): GuardDeps & Pick<OnceDeps, 'findFirstUse'> {
  return {
    findFirstUse: (key) => findFirstUse(db, key),
    guardKey: (key) => guardKey(db, key),
    forgetKey: (key, turn) => forgetKey(db, key, turn),
  };
}
